import { sha256 } from '@noble/hashes/sha2.js'
import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MessageSentSchema, Role, TypingSchema } from '../schema/chat_pb'
import { ContactChangedSchema, Relation } from '../schema/contacts_pb'
import { Files } from '../schema/files_pb'
import { ProfileChangedSchema } from '../schema/identity_pb'
import { toHex } from '../link/bytes'
import { eventRange, openDatabase } from './database'
import { Housekeeping } from './housekeeping'
import { Store } from './store'
import { FakeServer, type Fate } from './testing/fake-server'
import { current, hastyClock, inStep, startPhone, until, type Phone } from './testing/kit'

const LOG = 'chat:1'

let server: FakeServer
let phones: Phone[]

beforeEach(() => {
  server = new FakeServer()
  phones = []
  for (const user of ['ann', 'bob', 'cat']) server.addUser(user, user.toUpperCase())
  server.addRoom(LOG, ['ann', 'bob'])
})

afterEach(() => {
  for (const { app } of phones) app.close()
})

async function start(user: string, options: Parameters<typeof startPhone>[2] = {}): Promise<Phone> {
  const phone = await startPhone(server, user, options)
  phones.push(phone)
  return phone
}

async function reload(phone: Phone): Promise<Phone> {
  const again = await phone.reload()
  phones.push(again)
  return again
}

function sayMany(count: number, author = 'bob', log = LOG): void {
  for (let index = 1; index <= count; index++) server.say(log, author, `m${index}`)
}

describe('the first time', () => {
  it('shows the newest messages, counts the unread, and loads older ones when asked', async () => {
    sayMany(250)
    const phone = await start('ann')
    await until(() => phone.summary(LOG)?.unread === 250)
    const watched = phone.look(LOG)
    await until(() => watched.texts.at(-1) === 'm250')
    expect(watched.timeline.hasMore).toBe(true)
    for (let round = 0; round < 4 && watched.timeline.hasMore; round++) await phone.app.chat.loadOlder(LOG)
    expect(watched.texts).toEqual(Array.from({ length: 250 }, (_, index) => `m${index + 1}`))
    expect(watched.timeline.hasMore).toBe(false)
    expect(phone.summary(LOG)?.unread).toBe(250)
  })

  it('asks for the members that a long list leaves out', async () => {
    server.listsMembers = false
    const phone = await start('ann')
    await until(() => phone.summary(LOG)?.members.length === 2)
    expect(phone.summary(LOG)?.title).toBe('BOB')
  })

  it('then opens at once and offline, with what it had', async () => {
    sayMany(20)
    const phone = await start('ann')
    await until(() => phone.summary(LOG)?.last?.seq === 21)
    await phone.app.chat.loadOlder(LOG)
    server.reachable = false
    const again = await reload(phone)
    expect(current(again.app.session.session)?.me.name).toBe('ANN')
    expect(again.summary(LOG)?.unread).toBe(20)
    expect(again.summary(LOG)?.title).toBe('BOB')
    const watched = again.look(LOG)
    await until(() => watched.texts.at(-1) === 'm20')
  })

  it('catches up by cursor, not by a new snapshot', async () => {
    const phone = await start('ann')
    await until(() => phone.summary(LOG) !== undefined)
    phone.app.close()
    sayMany(150)
    server.calls.length = 0
    const again = await reload(phone)
    await until(() => again.summary(LOG)?.unread === 150)
    expect(server.asked('read')).toEqual([])
    expect(server.asked('get')).toEqual([])
    const watched = again.look(LOG)
    await until(() => watched.texts.length > 0)
    while (watched.timeline.hasMore) await again.app.chat.loadOlder(LOG)
    expect(watched.texts.length).toBe(150)
  })

  it('LOG13: jumps when it is far behind, and keeps counting right', async () => {
    sayMany(5)
    const phone = await start('ann')
    await until(() => phone.summary(LOG)?.unread === 5)
    phone.app.close()
    sayMany(700)
    const again = await reload(phone)
    const watched = again.look(LOG)
    await until(() => watched.texts.at(-1) === 'm700')
    expect(again.summary(LOG)?.unread).toBe(705)
    again.app.chat.markRead(LOG, 706)
    await until(() => again.summary(LOG)?.unread === 0)
    while (watched.timeline.hasMore) await again.app.chat.loadOlder(LOG)
    expect(watched.texts.length).toBe(705)
  })
})

describe('events', () => {
  it('LOG8: duplicates are dropped, a gap is followed again', async () => {
    const phone = await start('ann')
    const watched = phone.look(LOG)
    await inStep(server, phone)
    const fates: Fate[] = ['twice', 'drop', 'deliver']
    server.fate = () => fates.shift() ?? 'deliver'
    sayMany(3)
    await until(() => watched.texts.length === 3)
    expect(watched.texts).toEqual(['m1', 'm2', 'm3'])
    expect(phone.summary(LOG)?.unread).toBe(3)
  })

  it('LOG12: a recalled message goes from the screen, the count and the storage', async () => {
    const phone = await start('ann')
    const watched = phone.look(LOG)
    await until(() => server.follows.size > 0)
    server.say(LOG, 'bob', 'secret')
    server.say(LOG, 'bob', 'other')
    await until(() => phone.summary(LOG)?.unread === 2)
    server.recall(LOG, 'bob', 2)
    await until(() => watched.texts[0] === 'recalled')
    expect(phone.summary(LOG)?.unread).toBe(1)
    const again = await reload(phone)
    const later = again.look(LOG)
    await until(() => later.texts.length === 2)
    expect(later.texts).toEqual(['recalled', 'other'])
    expect(again.summary(LOG)?.unread).toBe(1)
    const database = await openDatabase(phone.databaseName, () => undefined)
    expect((await database.get('events', [LOG, 2]))?.body.length).toBe(0)
    database.close()
  })

  it('LOG16: unknown kinds advance the cursor and change nothing else', async () => {
    const phone = await start('ann')
    const watched = phone.look(LOG)
    await until(() => server.follows.size > 0)
    const event = server.say(LOG, 'bob', 'x')
    server.logs.get(LOG)?.push({ ...event, seq: 3, kind: 65000 })
    server.say(LOG, 'bob', 'y')
    await until(() => watched.texts.at(-1) === 'y')
    expect(watched.texts).toEqual(['x', 'y'])
  })

  it('follows conversations that begin, and forgets those that end', async () => {
    const phone = await start('ann')
    await until(() => phone.summary(LOG) !== undefined)
    server.addRoom('chat:2', ['bob', 'ann', 'cat'], true, 'Lane')
    await until(() => phone.summary('chat:2')?.title === 'Lane')
    server.say('chat:2', 'cat', 'hello')
    await until(() => phone.summary('chat:2')?.unread === 1)
    server.rename('chat:2', 'cat', 'Gate')
    await until(() => phone.summary('chat:2')?.title === 'Gate')
    server.leave('chat:2', 'ann')
    await until(() => phone.summary('chat:2') === undefined)
    server.join('chat:2', 'bob', 'ann')
    await until(() => phone.summary('chat:2')?.title === 'Gate')
    await inStep(server, phone)
    server.say('chat:2', 'cat', 'again')
    await until(() => phone.summary('chat:2')?.unread === 1)
  })

  it('membership shows as notes, and ownership passes on', async () => {
    server.addRoom('chat:2', ['bob', 'ann'], true, 'Lane')
    const phone = await start('ann')
    const watched = phone.look('chat:2')
    await until(() => phone.summary('chat:2') !== undefined)
    server.join('chat:2', 'bob', 'cat')
    server.leave('chat:2', 'bob')
    await until(() => watched.texts.at(-1) === 'left(BOB)')
    expect(watched.texts).toEqual(['created(BOB)', 'added(BOB,CAT)', 'owner(BOB,ANN)', 'left(BOB)'])
    const members = phone.summary('chat:2')?.members.map(({ person, role }) => [person.user, role])
    expect(members).toEqual([
      ['ann', 'owner'],
      ['cat', 'member'],
    ])
  })

  it('contacts and profiles follow the inbox', async () => {
    const phone = await start('ann')
    await until(() => server.follows.size > 0)
    const contact = {
      profile: { user: 'bob', handle: 'bob', name: 'BOB' },
      relation: Relation.ASKED,
      greeting: 'hi',
    }
    server.append('inbox:ann', ContactChangedSchema, { contact })
    await until(() => current(phone.app.contacts.contacts)[0]?.relation === 'asked')
    server.append('inbox:ann', ProfileChangedSchema, {
      profile: { user: 'bob', handle: 'bob', name: 'Robert' },
    })
    await until(() => phone.summary(LOG)?.title === 'Robert')
    expect(current(phone.app.contacts.contacts)[0]?.person.name).toBe('Robert')
    expect(current(phone.app.contacts.people).get('bob')?.name).toBe('Robert')
    server.append('inbox:ann', ContactChangedSchema, { contact: { ...contact, relation: Relation.NONE } })
    await until(() => current(phone.app.contacts.contacts).length === 0)
  })

  it('a server that was restored from an older copy is believed', async () => {
    sayMany(10)
    const phone = await start('ann')
    await until(() => phone.summary(LOG)?.unread === 10)
    phone.app.close()
    server.logs.get(LOG)?.splice(4)
    server.say(LOG, 'bob', 'after')
    const again = await reload(phone)
    const watched = again.look(LOG)
    await until(() => watched.texts.at(-1) === 'after')
    await until(() => again.summary(LOG)?.unread === 4)
    expect(watched.texts).toEqual(['m1', 'm2', 'm3', 'after'])
  })
})

describe('a device that was away for long', () => {
  it('takes in what it missed within a bound, the newest of each conversation first', async () => {
    const rooms = Array.from({ length: 12 }, (_, n) => `chat:r${n}`)
    for (const log of rooms) server.addRoom(log, ['ann', 'bob'])
    const phone = await start('ann')
    await until(() => phone.summary('chat:r11') !== undefined)
    phone.app.close()
    for (const log of rooms) sayMany(450, 'bob', log)
    let sent = 0
    server.sending = (events) => (sent += events)
    const again = await reload(phone)
    await until(() => rooms.every((log) => again.summary(log)?.unread === 450), 30_000)
    expect(rooms.every((log) => again.summary(log)?.last?.seq === 451)).toBe(true)
    expect(sent).toBeLessThan(5_100) // of 5,400
    const watched = again.look('chat:r7')
    await until(() => watched.texts.at(-1) === 'm450')
    while (watched.timeline.hasMore) await again.app.chat.loadOlder('chat:r7')
    expect(watched.texts).toHaveLength(450)
  }, 60_000)

  it('after a week begins with a picture of everything, not with what it missed', async () => {
    const phone = await start('ann')
    await until(() => phone.summary(LOG) !== undefined)
    phone.app.close()
    sayMany(300)
    const day = 24 * 3600 * 1000
    const later = { ...hastyClock, nowMs: () => hastyClock.nowMs() + 8 * day }
    server.calls.length = 0
    const again = await phone.reload({ clock: later })
    phones.push(again)
    await until(() => again.summary(LOG)?.unread === 300)
    const pictures = server.asked('list').filter((request) => (request as { recent?: number }).recent === 10)
    expect(pictures).toHaveLength(1)
  })
})

describe('a large group', () => {
  const users = Array.from({ length: 60 }, (_, n) => `u${String(n).padStart(2, '0')}`)

  beforeEach(() => {
    for (const user of users) server.addUser(user, user.toUpperCase())
    server.addRoom('chat:large', ['bob', 'ann', ...users], true, 'Lane')
  })

  it('does not list its members; they come when somebody looks, and again when they change', async () => {
    const phone = await start('ann')
    await until(() => phone.summary('chat:large')?.memberCount === 62)
    expect(phone.summary('chat:large')?.members.map(({ person }) => person.user)).toEqual(['ann', 'bob'])
    const members = await phone.app.chat.members('chat:large')
    expect(members).toHaveLength(62)
    await phone.app.chat.members('chat:large')
    expect(server.asked('members')).toHaveLength(1)
    server.remove('chat:large', 'bob', 'u07')
    await until(() => phone.summary('chat:large')?.memberCount === 61)
    const after = await phone.app.chat.members('chat:large')
    expect(after.some(({ person }) => person.user === 'u07')).toBe(false)
  })

  it('lists them once it is small, and an admin by name', async () => {
    const phone = await start('ann')
    await until(() => phone.summary('chat:large')?.memberCount === 62)
    await inStep(server, phone)
    server.setRole('chat:large', 'bob', 'u03', Role.ADMIN)
    const names = () => phone.summary('chat:large')?.members.map(({ person }) => person.name)
    await until(() => names()?.includes('U03') === true)
    for (const user of users.slice(10, 25)) server.remove('chat:large', 'bob', user)
    await until(() => phone.summary('chat:large')?.members.length === 47)
  })
})

describe('housekeeping', () => {
  it('drops the oldest events of the quietest conversations, and they come again', async () => {
    server.addRoom('chat:2', ['ann', 'cat'])
    sayMany(900)
    sayMany(900, 'cat', 'chat:2')
    const phone = await start('ann')
    for (const log of [LOG, 'chat:2']) {
      const watched = phone.look(log)
      await until(() => watched.texts.length > 0)
      while (watched.timeline.hasMore) await phone.app.chat.loadOlder(log)
      watched.stop()
    }
    const database = await openDatabase(phone.databaseName, () => undefined)
    const store = new Store(database)
    await store.reload()
    await new Housekeeping(store, hastyClock, () => false).tidy(1_500)
    expect(await database.count('events', eventRange(LOG, 0, 9_999))).toBe(599)
    expect(await database.count('events', eventRange('chat:2', 0, 9_999))).toBe(901)
    database.close()
    const again = await reload(phone)
    const watched = again.look(LOG)
    await until(() => watched.texts.at(-1) === 'm900')
    while (watched.timeline.hasMore) await again.app.chat.loadOlder(LOG)
    expect(watched.texts).toHaveLength(900)
  })

  it('lets a person clear one conversation, with its files, and it comes again', async () => {
    server.addRoom('chat:2', ['ann', 'cat'])
    sayMany(900)
    sayMany(700, 'cat', 'chat:2')
    const stored = new Map<string, Uint8Array>()
    server.on(Files.method.read, ({ blob }) => {
      const data = stored.get(blob) ?? new Uint8Array()
      return { data, sizeBytes: BigInt(data.length) }
    })
    for (const [log, by, text] of [
      [LOG, 'bob', 'a recipe'],
      ['chat:2', 'cat', 'a song'],
    ] as const) {
      const data = new TextEncoder().encode(text)
      const blob = toHex(sha256(data))
      stored.set(blob, data)
      const value = { blob, name: text, sizeBytes: BigInt(data.length), mediaType: 'text/plain' }
      server.append(log, MessageSentSchema, { content: { kind: { case: 'file', value } } }, by)
    }
    const phone = await start('ann')
    const { chat, files, kept } = phone.app
    for (const log of [LOG, 'chat:2']) {
      const watched = phone.look(log)
      await until(() => watched.texts.length > 0)
      while (watched.timeline.hasMore) await chat.loadOlder(log)
      watched.stop()
    }
    const events = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await kept.space()).conversations.map((one) => [one.log, one.events]))
    /** Opens the newest message, which is a file. */
    const open = async (log: string): Promise<void> => {
      const watched = phone.look(log)
      const newest = () => watched.timeline.messages.at(-1)
      await until(() => newest()?.body.kind === 'file')
      const body = newest()?.body
      watched.stop()
      if (body?.kind === 'file') await files.save(body.blob, body.name, body.mediaType)
    }
    await open(LOG)
    await open('chat:2')
    expect(await events()).toEqual({ [LOG]: 902, 'chat:2': 702 })
    expect((await kept.space()).filesBytes).toBe('a recipea song'.length)

    await kept.clear(LOG)
    expect(await events()).toEqual({ [LOG]: 500, 'chat:2': 702 })
    expect((await kept.space()).filesBytes).toBe('a song'.length)

    await open(LOG)
    const watched = phone.look(LOG)
    await until(() => watched.texts.length > 0)
    while (watched.timeline.hasMore) await chat.loadOlder(LOG)
    expect(watched.texts[0]).toBe('m1')
    expect((await kept.space()).filesBytes).toBe('a recipea song'.length)
  })
})

describe('marks and typing', () => {
  it('LOG17: my messages become delivered and read; what I miss is asked for anew', async () => {
    const phone = await start('ann')
    const watched = phone.look(LOG)
    await until(() => server.follows.size > 0)
    await phone.app.chat.sendText(LOG, 'hello')
    await until(() => watched.find('hello')?.delivery === 'sent')
    server.mark(LOG, 'bob', 2, 0)
    await until(() => watched.find('hello')?.delivery === 'delivered')
    server.users.clear() // the notice is lost with the connection
    server.mark(LOG, 'bob', 2, 2)
    expect(watched.find('hello')?.delivery).toBe('delivered')
    for (const end of server.carriers.ends) end.close()
    await until(() => watched.find('hello')?.delivery === 'read')
  })

  it('in a group a message is read when everybody has read it', async () => {
    server.addRoom('chat:2', ['ann', 'bob', 'cat'], true, 'Lane')
    const phone = await start('ann')
    const watched = phone.look('chat:2')
    await until(() => phone.summary('chat:2') !== undefined)
    await phone.app.chat.sendText('chat:2', 'hello')
    await until(() => watched.find('hello')?.delivery === 'sent')
    server.mark('chat:2', 'bob', 2, 2)
    server.mark('chat:2', 'cat', 2, 0)
    await until(() => watched.find('hello')?.delivery === 'delivered')
    server.mark('chat:2', 'cat', 2, 2)
    await until(() => watched.find('hello')?.delivery === 'read')
  })

  it('says what was delivered and read, a few times for many messages', async () => {
    const phone = await start('ann')
    await until(() => server.follows.size > 0)
    sayMany(50)
    const mine = () => server.rooms.get(LOG)?.members.find(({ user }) => user === 'ann')
    await until(() => mine()?.delivered === 51)
    expect(mine()?.read).toBe(0)
    expect(server.asked('mark').length).toBeLessThan(5)
    phone.app.chat.markRead(LOG, 51)
    await until(() => mine()?.read === 51)
    expect(phone.summary(LOG)?.unread).toBe(0)
  })

  it('what was read while offline stays read, and is said later', async () => {
    sayMany(3)
    const phone = await start('ann')
    await until(() => phone.summary(LOG)?.unread === 3)
    server.reachable = false
    server.disconnect()
    phone.app.chat.markRead(LOG, 4)
    await until(() => phone.summary(LOG)?.unread === 0)
    server.reachable = true
    const again = await reload(phone)
    await until(() => server.rooms.get(LOG)?.members.find(({ user }) => user === 'ann')?.read === 4)
    expect(again.summary(LOG)?.unread).toBe(0)
  })

  it('reading on another device counts here', async () => {
    sayMany(3)
    const phone = await start('ann')
    await until(() => phone.summary(LOG)?.unread === 3)
    server.mark(LOG, 'ann', 3, 3)
    await until(() => phone.summary(LOG)?.unread === 1)
  })

  it('what was read on another device before it arrived here is not unread', async () => {
    const phone = await start('ann')
    await inStep(server, phone)
    server.fate = () => 'late'
    sayMany(2)
    server.mark(LOG, 'ann', 2, 2)
    await until(() => phone.summary(LOG)?.members.some(({ read }) => read === 2))
    server.flushLate()
    await until(() => phone.summary(LOG)?.last?.seq === 3)
    expect(phone.summary(LOG)?.unread).toBe(1)
  })

  it('LOG13: a jump keeps what was read here while offline', async () => {
    sayMany(5)
    const phone = await start('ann')
    await until(() => phone.summary(LOG)?.unread === 5)
    server.reachable = false
    server.disconnect()
    phone.app.chat.markRead(LOG, 6)
    await until(() => phone.summary(LOG)?.unread === 0)
    sayMany(900)
    server.reachable = true
    server.refuse = (method) => (method === 'mark' ? false : null)
    const again = await reload(phone)
    await until(() => again.summary(LOG)?.last?.seq === 906)
    expect(again.summary(LOG)?.members.find(({ person }) => person.user === 'ann')?.read).toBe(6)
  })

  it('typing shows, and passes', async () => {
    const phone = await start('ann')
    await until(() => server.follows.size > 0 && phone.summary(LOG) !== undefined)
    server.notify('ann', TypingSchema, { log: LOG, user: 'bob', typing: true })
    await until(() => phone.summary(LOG)?.typing[0] === 'BOB')
    await until(() => phone.summary(LOG)?.typing.length === 0)
    server.notify('ann', TypingSchema, { log: LOG, user: 'bob', typing: true })
    await until(() => phone.summary(LOG)?.typing[0] === 'BOB')
    server.say(LOG, 'bob', 'done')
    await until(() => phone.summary(LOG)?.typing.length === 0)
  })
})

describe('the session', () => {
  it('a revoked device forgets everything', async () => {
    sayMany(3)
    const phone = await start('ann')
    await until(() => phone.summary(LOG) !== undefined)
    server.revoked.add('ann/2')
    server.disconnect()
    await until(() => current(phone.app.session.session) === null)
    expect(current(phone.app.chat.conversations)).toEqual([])
    const again = await reload(phone)
    expect(current(again.app.session.session)).toBeNull()
  })

  it('signing out and in again as somebody else shows nothing of the first', async () => {
    sayMany(3)
    server.addRoom('chat:2', ['ann', 'cat'])
    const phone = await start('ann')
    await until(() => phone.summary('chat:2') !== undefined)
    await phone.app.session.signOut()
    expect(current(phone.app.session.session)).toBeNull()
    expect(server.revoked.has('ann/2')).toBe(true)
    await phone.app.session.logIn('bob', 'password')
    await until(() => phone.summary(LOG)?.title === 'ANN')
    expect(phone.summary('chat:2')).toBeUndefined()
  })
})
