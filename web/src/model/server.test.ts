import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fromBase64Url, toBase64Url, type Bytes } from '../link/bytes'
import { FakeCore } from '../link/sealed/testing'
import { ManualClock } from '../link/testing'
import { openDatabase, STORES, type Database } from './database'
import { assertSealing, ServerModel } from './server'
import { ServerStore } from './server-store'
import { current } from './testing/kit'

const CODE = 'mBvt2rZ3c6kFQX7n4hKq0sYd8eJwLzUaTiVgP1oRfNE'
const clock = new ManualClock()
let databases = 0
let database: Database
let core: FakeCore
let trusted: number

beforeEach(async () => {
  database = await openDatabase(`server-${++databases}`, () => undefined)
  core = await FakeCore.create(clock.nowMs())
  trusted = 0
})

function open(): ServerModel {
  return new ServerModel(new ServerStore(database), clock, () => (trusted += 1))
}

async function impostor(server: ServerModel): Promise<FakeCore> {
  const other = await FakeCore.create(clock.nowMs())
  await server.identity.accept(await other.manifest()).catch(() => undefined)
  return other
}

describe('who the server is', () => {
  it('SEAL17: is stored, and survives signing out', async () => {
    await open().identity.accept(await core.manifest())
    expect(STORES).not.toContain('server')
    expect((await open().identity.manifest())?.epoch).toBe(7)
  })

  it('SEAL18: another tab that saw less does not take back what this one stored', async () => {
    const [here, there] = [open(), open()]
    await there.identity.accept(await core.manifest({ epoch: 7 }))
    await here.identity.accept(await core.manifest({ epoch: 9 }))
    await there.identity.accept(await core.manifest({ epoch: 8 }))
    const stored = await new ServerStore(database).load()
    expect(stored?.epoch).toBe(9)
  })

  it('is shown once it has spoken', async () => {
    const server = open()
    expect(current(server.root)).toBe('')
    await server.identity.accept(await core.manifest())
    server.reached('https://lane.example/link')
    expect(current(server.root)).toBe(toBase64Url(core.root))
    expect(current(server.way)).toBe('post')
    server.reached('wss://lane.example/link')
    expect(current(server.way)).toBe('line')
  })
})

describe('trouble', () => {
  it('SEAL17: another root at the address warns, and goes when the known server answers', async () => {
    const server = open()
    await server.identity.accept(await core.manifest())
    const other = await impostor(server)
    expect(current(server.trouble)).toBeNull() // another way may lead to the right one
    server.unreachable('lost')
    expect(current(server.trouble)).toEqual({
      kind: 'otherServer',
      known: toBase64Url(core.root),
      shown: toBase64Url(other.root),
      by: 'server',
    })
    server.reached('wss://lane.example/link')
    expect(current(server.trouble)).toBeNull()
  })

  it('SEAL17: another root in a code warns until the person decides', async () => {
    const server = open()
    await server.identity.accept(await core.manifest())
    await server.expect(CODE)
    server.reached('wss://lane.example/link')
    expect(current(server.trouble)).toMatchObject({ kind: 'otherServer', shown: CODE, by: 'code' })
    server.stay()
    expect(current(server.trouble)).toBeNull()
    expect((await server.identity.manifest())?.epoch).toBe(7)
    expect(trusted).toBe(0)
  })

  it('trusting pins the other root, and connects anew', async () => {
    const server = open()
    await server.identity.accept(await core.manifest())
    await server.expect(CODE)
    await server.trust()
    expect(current(server.trouble)).toBeNull()
    expect(trusted).toBe(1)
    expect((await new ServerStore(database).load())?.root).toEqual(fromBase64Url(CODE) as Bytes)
  })

  it('a code that is none is no news', async () => {
    const server = open()
    await server.identity.accept(await core.manifest())
    for (const code of ['', 'x', CODE.slice(1), `${CODE}A`]) await server.expect(code)
    expect(current(server.trouble)).toBeNull()
    await server.trust()
    expect(trusted).toBe(0)
  })

  it.each([
    ['out_of_time', { kind: 'clock' }],
    ['outdated', { kind: 'outdated' }],
    ['old_epoch', { kind: 'untrue' }],
    ['untrue', { kind: 'untrue' }],
    ['lost', null],
    ['busy', null],
  ] as const)('says what is wrong: %s', (end, trouble) => {
    const server = open()
    server.unreachable(end)
    expect(current(server.trouble)).toEqual(trouble)
  })
})

it('says what is wrong where the browser cannot seal', async () => {
  await expect(assertSealing()).resolves.toBeUndefined()
  vi.stubGlobal('crypto', {})
  await expect(assertSealing()).rejects.toMatchObject({ reason: 'insecure_context' })
  vi.stubGlobal('crypto', { subtle: { generateKey: () => Promise.reject(new Error('no')) } })
  await expect(assertSealing()).rejects.toMatchObject({ reason: 'no_x25519' })
  vi.unstubAllGlobals()
})
