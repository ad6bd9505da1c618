import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import signatures from '../../../schema/vectors/signatures.json'
import { Identity, ProfileChangedSchema } from '../schema/identity_pb'
import { Code } from '../schema/link_pb'
import { fromHex, toHex } from '../link/bytes'
import { createDeviceKey, publicKeyOf, signWith } from './device-key'
import { FakeServer, Refusal } from './testing/fake-server'
import { current, startPhone, until, type Phone } from './testing/kit'

let server: FakeServer
let phones: Phone[]

beforeEach(() => {
  server = new FakeServer()
  phones = []
  server.addUser('ann', 'Ann')
})

afterEach(() => {
  vi.unstubAllGlobals()
  for (const { app } of phones) app.close()
})

async function start(user: string): Promise<Phone> {
  const phone = await startPhone(server, user)
  phones.push(phone)
  await until(() => current(phone.app.session.link) === 'online')
  return phone
}

describe('the device key', () => {
  it.each(['resume', 'link'] as const)('signs as the vectors say: %s', async (name) => {
    // PKCS #8 around an Ed25519 seed (RFC 8410).
    const pkcs8 = fromHex(`302e020100300506032b657004220420${signatures.private_key}`)
    const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, false, ['sign'])
    const rawPublic = fromHex(signatures.public_key)
    const publicKey = await crypto.subtle.importKey('raw', rawPublic, { name: 'Ed25519' }, true, ['verify'])
    const key = { privateKey, publicKey }
    const { message, signature } = signatures[name]
    expect(toHex(await signWith(key, fromHex(message)))).toBe(signature)
    expect(toHex(await publicKeyOf(key))).toBe(signatures.public_key)
  })

  it('cannot be read out', async () => {
    const { privateKey } = await createDeviceKey()
    expect(privateKey.extractable).toBe(false)
  })

  it('says what is wrong where the browser cannot make one', async () => {
    vi.stubGlobal('crypto', { getRandomValues: () => new Uint8Array() })
    await expect(createDeviceKey()).rejects.toMatchObject({ reason: 'insecure_context' })
    vi.stubGlobal('crypto', { subtle: { generateKey: () => Promise.reject(new Error('no')) } })
    await expect(createDeviceKey()).rejects.toMatchObject({ reason: 'no_ed25519' })
  })
})

describe('signing in', () => {
  it('nobody, then signed up, then signed in after a reload', async () => {
    const phone = await start('')
    expect(current(phone.app.session.session)).toBeNull()
    expect(current(phone.app.session.serverName)).toBe('Test')
    await phone.app.session.signUp('bob', 'Bob', 'password', '')
    expect(current(phone.app.session.session)).toMatchObject({ me: { user: 'bob', name: 'Bob' } })
    await until(() => server.follows.size === 1)
    const again = await phone.reload()
    phones.push(again)
    expect(current(again.app.session.session)).toMatchObject({ device: 'bob/1' })
    await until(() => server.asked('resume').length === 1)
  })

  it('a refusal changes nothing', async () => {
    const phone = await start('')
    server.refuse = () => new Refusal(Code.UNAUTHENTICATED, 'Wrong handle or password.', 'wrong_password')
    await expect(phone.app.session.logIn('ann', 'x')).rejects.toMatchObject({ reason: 'wrong_password' })
    expect(current(phone.app.session.session)).toBeNull()
    server.refuse = () => null
    await phone.app.session.logIn('ann', 'x')
    expect(current(phone.app.session.session)?.me.name).toBe('Ann')
  })

  it('by another device, which approves a code', async () => {
    let approved = false
    server.on(Identity.method.startDeviceLink, () => ({ token: 'abc', expiresAtMs: 5n }))
    server.on(Identity.method.finishDeviceLink, (_request, _user, _key, end) => {
      if (!approved) throw new Refusal(Code.UNAVAILABLE, 'Waiting.', 'link_waiting')
      return server.signIn('ann/3', end)
    })
    const phone = await start('')
    const { token, expiresAtMs, signedIn } = await phone.app.session.startDeviceLink()
    expect([token, expiresAtMs]).toEqual(['abc', 5])
    await until(() => server.carriers.newest.requests.filter(({ method }) => method === 212).length > 2)
    approved = true
    await signedIn
    expect(current(phone.app.session.session)?.device).toBe('ann/3')
  })

  it('a code that is shown no longer is no longer waited for', async () => {
    server.on(Identity.method.startDeviceLink, () => ({ token: 'abc' }))
    server.on(Identity.method.finishDeviceLink, () => {
      throw new Refusal(Code.UNAVAILABLE)
    })
    const phone = await start('')
    const { signedIn } = await phone.app.session.startDeviceLink()
    const ended = expect(signedIn).rejects.toMatchObject({ code: 'unavailable' })
    await phone.app.session.logIn('ann', 'x')
    await ended
    expect(current(phone.app.session.session)?.device).toBe('ann/2')
  })

  it('without the server, signing out still forgets', async () => {
    const phone = await start('ann')
    server.reachable = false
    server.disconnect()
    await phone.app.session.signOut()
    expect(current(phone.app.session.session)).toBeNull()
    server.reachable = true
    await until(() => current(phone.app.session.link) === 'online')
    expect(server.users.size).toBe(0)
  })

  it('a new name of one’s own shows', async () => {
    const phone = await start('ann')
    await until(() => server.follows.size > 0)
    server.append('inbox:ann', ProfileChangedSchema, {
      profile: { user: 'ann', handle: 'ann', name: 'Annie' },
    })
    await until(() => current(phone.app.session.session)?.me.name === 'Annie')
  })
})

describe('a session that ends', () => {
  const ended = (phone: Phone): boolean => current(phone.app.session.ended)

  it('is told when the server ended it', async () => {
    const phone = await start('ann')
    expect(ended(phone)).toBe(false)
    server.refuse = (method) =>
      method === 'resume' ? new Refusal(Code.UNAUTHENTICATED, 'This device was signed out.', 'revoked') : null
    server.disconnect('ann')
    await until(() => current(phone.app.session.session) === null)
    expect(ended(phone)).toBe(true)
    server.refuse = () => null
    await phone.app.session.signUp('bo', 'Bo', 'a long password', '')
    expect(ended(phone)).toBe(false)
  })

  it('is no news when it was ended here, whatever the server says of it', async () => {
    const phone = await start('ann')
    server.on(Identity.method.revokeDevice, (_request, user) => {
      server.disconnect(user)
      return {}
    })
    server.refuse = (method) =>
      method === 'resume' ? new Refusal(Code.UNAUTHENTICATED, 'This device was signed out.', 'revoked') : null
    await phone.app.session.signOut()
    await until(() => current(phone.app.session.session) === null)
    expect(ended(phone)).toBe(false)
  })
})

describe('the first look after signing in', () => {
  it('says nothing of conversations before the server did, and then that there are none', async () => {
    server.refuse = (method) => (method === 'list' ? false : null)
    const phone = await startPhone(server, '')
    phones.push(phone)
    await phone.app.session.signUp('bo', 'Bo', 'a long password', '')
    await until(() => server.asked('read').length > 0)
    expect(current(phone.app.chat.conversations)).toBeUndefined()
    server.refuse = () => null
    server.disconnect('bo')
    await until(() => current(phone.app.chat.conversations)?.length === 0)
  })
})

describe('somebody nothing here names', () => {
  it('is asked for once, together with others, and then known', async () => {
    server.addUser('bo', 'Bo')
    const phone = await start('ann')
    const { contacts } = phone.app
    await Promise.all([contacts.lookUp('bo'), contacts.lookUp('nobody'), contacts.lookUp('bo')])
    expect(current(contacts.people).get('bo')?.name).toBe('Bo')
    await Promise.all([contacts.lookUp('bo'), contacts.lookUp('nobody')])
    expect(server.asked('getProfiles')).toMatchObject([{ users: ['bo', 'nobody'] }])
  })
})
