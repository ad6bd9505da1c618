import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Code } from '../schema/link_pb'
import { FakeServer, Refusal } from './testing/fake-server'
import { current, inStep, startPhone, until, type Phone } from './testing/kit'

const LOG = 'chat:1'
const OTHER = 'chat:2'

let server: FakeServer
let phones: Phone[]

beforeEach(() => {
  server = new FakeServer()
  phones = []
  for (const user of ['ann', 'bob', 'cat']) server.addUser(user, user.toUpperCase())
  server.addRoom(LOG, ['ann', 'bob'])
  server.addRoom(OTHER, ['ann', 'cat'])
})

afterEach(() => {
  for (const { app } of phones) app.close()
})

async function start(): Promise<Phone> {
  const phone = await startPhone(server, 'ann')
  phones.push(phone)
  await until(() => phone.summary(OTHER) !== undefined)
  await inStep(server, phone)
  return phone
}

const order = (phone: Phone) => current(phone.app.chat.conversations)?.map(({ log }) => log)
const said = () => server.asked('preferences.setDraft').length

describe('what is set for a conversation', () => {
  it('is the same on all devices: pinned ones stand first', async () => {
    server.say(OTHER, 'cat', 'newest')
    const [phone, tablet] = [await start(), await start()]
    await until(() => order(tablet)?.[0] === OTHER)
    await phone.app.preferences.setConversation(LOG, { pinnedAtMs: 5, mutedUntilMs: -1 })
    expect(order(phone)).toEqual([LOG, OTHER])
    await until(() => order(tablet)?.[0] === LOG)
    expect(tablet.summary(LOG)?.preferences).toMatchObject({ pinnedAtMs: 5, mutedUntilMs: -1, hidden: false })
    // And on one that comes later, or comes back.
    const later = await start()
    await until(() => later.summary(LOG)?.preferences.pinnedAtMs === 5)
  })

  it('hides until somebody writes', async () => {
    const phone = await start()
    await phone.app.preferences.setConversation(LOG, { hidden: true })
    expect(phone.summary(LOG)?.preferences.hidden).toBe(true)
    server.say(LOG, 'bob', 'here I am again')
    await until(() => phone.summary(LOG)?.preferences.hidden === false)
  })

  it('a mark as unread goes when the conversation is read', async () => {
    const phone = await start()
    await phone.app.preferences.setConversation(LOG, { markedUnread: true })
    phone.app.chat.markRead(LOG, 1)
    await until(() => server.preferencesOf('ann').conversations.get(LOG)?.unread === false)
    expect(phone.summary(LOG)?.preferences.markedUnread).toBe(false)
  })

  it('is shown at once, and taken back when the server refuses', async () => {
    const phone = await start()
    server.refuse = (method) =>
      method === 'preferences.setConversation' ? new Refusal(Code.INVALID_ARGUMENT, 'No.') : null
    const shown: (number | undefined)[] = []
    const end = phone.app.chat.conversations.subscribe(() =>
      shown.push(phone.summary(LOG)?.preferences.pinnedAtMs),
    )
    const setting = phone.app.preferences.setConversation(LOG, { pinnedAtMs: 5 })
    await expect(setting).rejects.toMatchObject({ message: 'No.' })
    end()
    expect([...new Set(shown)]).toEqual([0, 5])
    expect(phone.summary(LOG)?.preferences.pinnedAtMs).toBe(0)
  })

  it('what the account is set to follows', async () => {
    const [phone, tablet] = [await start(), await start()]
    await until(() => current(phone.app.preferences.account) !== null)
    const account = {
      lastSeen: 'nobody' as const,
      hidePushContent: true,
      quiet: { fromMin: 1_320, toMin: 420, zone: 'Asia/Shanghai' },
      language: 'zh',
      pushOff: false,
      directText: true,
    }
    await phone.app.preferences.changeAccount(() => account)
    expect(current(phone.app.preferences.account)).toEqual(account)
    await until(() => current(tablet.app.preferences.account)?.lastSeen === 'nobody')
    expect(current(tablet.app.preferences.account)).toEqual(account)
  })

  it('changes that are made at once are all kept, also when one of them is refused', async () => {
    const phone = await start()
    const { preferences } = phone.app
    await until(() => current(preferences.account) !== null)
    let refused = false
    server.refuse = (method) => {
      if (method !== 'preferences.setAccount' || refused) return null
      refused = true
      return new Refusal(Code.INVALID_ARGUMENT, 'No.')
    }
    const changes = [
      preferences.changeAccount((before) => ({ ...before, language: 'zh' })),
      preferences.changeAccount((before) => ({ ...before, quiet: { ...before.quiet, fromMin: 1_320 } })),
      preferences.changeAccount((before) => ({ ...before, quiet: { ...before.quiet, toMin: 420 } })),
      preferences.changeAccount((before) => ({ ...before, lastSeen: 'nobody' })),
    ]
    await expect(changes[0]).rejects.toMatchObject({ message: 'No.' })
    await Promise.all(changes.slice(1))
    expect(current(preferences.account)).toMatchObject({
      language: '',
      quiet: { fromMin: 1_320, toMin: 420 },
      lastSeen: 'nobody',
    })
    expect(server.preferencesOf('ann').account).toMatchObject({ quiet: { fromMin: 1_320, toMin: 420 } })
  })

  it('a server without preferences is a good server all the same', async () => {
    server.hasPreferences = false
    const phone = await start()
    phone.app.chat.saveDraft(LOG, 'stays here')
    await until(() => phone.summary(LOG)?.draft === 'stays here')
    await phone.app.chat.sendText(LOG, 'hello')
    await until(() => phone.summary(LOG)?.last?.delivery === 'sent')
    expect(server.asked('preferences.get').length).toBeLessThan(2)
    expect(said()).toBe(0)
  })
})

describe('drafts', () => {
  it('follow to the other devices, a while after the keys have rested', async () => {
    const [phone, tablet] = [await start(), await start()]
    phone.app.chat.saveDraft(LOG, 'a')
    phone.app.chat.saveDraft(LOG, 'ab')
    phone.app.chat.saveDraft(LOG, 'abc', 1)
    await until(() => tablet.summary(LOG)?.draft === 'abc')
    expect(tablet.summary(LOG)?.draftReplyTo).toBe(1)
    expect(said()).toBe(1)
    tablet.app.chat.saveDraft(LOG, '')
    await until(() => phone.summary(LOG)?.draft === '')
    const later = await start()
    await until(() => server.asked('preferences.get').length === 3)
    expect(later.summary(LOG)?.draft).toBe('')
  })

  it('what is being written here wins over what another device says meanwhile', async () => {
    const [phone, tablet] = [await start(), await start()]
    let unanswered = 0
    server.refuse = (method) => (method === 'preferences.setDraft' && ++unanswered > 0 ? false : null)
    phone.app.chat.saveDraft(LOG, 'mine, not said yet')
    await until(() => unanswered === 1)
    server.refuse = () => null
    tablet.app.chat.saveDraft(LOG, 'theirs')
    await until(() => server.preferencesOf('ann').drafts.get(LOG)?.text === 'theirs')
    await inStep(server, phone)
    expect(phone.summary(LOG)?.draft).toBe('mine, not said yet')
  })

  it('what was written offline is said later; what others wrote meanwhile elsewhere is taken', async () => {
    const phone = await start()
    server.reachable = false
    server.disconnect()
    phone.app.chat.saveDraft(LOG, 'from the train')
    await until(() => phone.summary(LOG)?.draft === 'from the train')
    server.preferencesOf('ann').drafts.set(OTHER, { log: OTHER, text: 'at home', replyTo: 0, atMs: 9n })
    server.reachable = true
    const again = await phone.reload()
    phones.push(again)
    await until(() => server.preferencesOf('ann').drafts.get(LOG)?.text === 'from the train')
    await until(() => again.summary(OTHER)?.draft === 'at home')
  })
})
