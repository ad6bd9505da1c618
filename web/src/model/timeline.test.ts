import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ReactedSchema } from '../schema/reactions_pb'
import { STRETCH_ROWS_MAX } from './open-timeline'
import { Code } from '../schema/link_pb'
import { FakeServer, Refusal } from './testing/fake-server'
import { inStep, startPhone, until, type Phone, type Watched } from './testing/kit'
import { eventFold, type ModelFeature } from './feature'

const LOG = 'chat:1'
/** Of a conversation longer than one stretch. */
const MANY = STRETCH_ROWS_MAX + 300

const reactions: ModelFeature = {
  name: 'reactions',
  folds: [
    eventFold(ReactedSchema, (timeline, _event, { seq, emoji }) => {
      if (timeline.row(seq) !== undefined) timeline.setExtra(seq, emoji)
    }),
  ],
}

let server: FakeServer
let phones: Phone[]

beforeEach(() => {
  server = new FakeServer()
  phones = []
  for (const user of ['ann', 'bob']) server.addUser(user, user.toUpperCase())
  server.addRoom(LOG, ['ann', 'bob'])
})

afterEach(() => {
  for (const { app } of phones) app.close()
})

async function start(): Promise<Phone> {
  const phone = await startPhone(server, 'ann', { features: [reactions] })
  phones.push(phone)
  await until(() => phone.summary(LOG) !== undefined)
  await inStep(server, phone)
  return phone
}

function sayMany(count: number): void {
  for (let index = 1; index <= count; index++) server.say(LOG, 'bob', `m${index}`)
}

/** The seqs of the rows, which have to be consecutive. */
function stretch({ timeline }: Watched): [number, number] {
  const seqs = timeline.messages.map(({ seq }) => seq)
  const [first = 0] = seqs
  expect(seqs).toEqual(seqs.map((_, place) => first + place))
  return [first, seqs.at(-1) ?? 0]
}

describe('a long conversation', () => {
  it('is held in a bounded stretch, which moves with the reader both ways', async () => {
    sayMany(MANY)
    const phone = await start()
    const watched = phone.look(LOG)
    await until(() => watched.texts.at(-1) === `m${MANY}`)
    while (watched.timeline.hasMore) await phone.app.chat.loadOlder(LOG)
    expect(stretch(watched)).toEqual([2, STRETCH_ROWS_MAX + 1])
    expect(watched.timeline.hasNewer).toBe(true)
    // What arrives while the reader is in the past is not torn out of its place.
    server.say(LOG, 'bob', 'late')
    await until(() => phone.summary(LOG)?.last?.seq === MANY + 2)
    expect(stretch(watched)).toEqual([2, STRETCH_ROWS_MAX + 1])
    while (watched.timeline.hasNewer) await phone.app.chat.loadNewer(LOG)
    expect(stretch(watched)).toEqual([MANY + 3 - STRETCH_ROWS_MAX, MANY + 2])
    expect(watched.texts.at(-1)).toBe('late')
  })

  it('opens anywhere: what is stored from storage, what is not from the server', async () => {
    sayMany(900)
    const phone = await start()
    const watched = phone.look(LOG)
    await until(() => watched.texts.at(-1) === 'm900')
    await phone.app.chat.jumpTo(LOG, 300)
    expect(stretch(watched)[0]).toBeLessThan(300)
    expect(watched.find('m299')?.seq).toBe(300)
    expect(watched.timeline).toMatchObject({ hasMore: true, hasNewer: true })
    const asked = server.asked('read').length
    await phone.app.chat.jumpTo(LOG, 310)
    expect(server.asked('read').length).toBe(asked)
    // An island is not stored: what lies between might have taken something of it back.
    await phone.app.chat.loadNewer(LOG)
    await phone.app.chat.loadOlder(LOG)
    stretch(watched)
    await phone.app.chat.showNewest(LOG)
    await until(() => watched.texts.at(-1) === 'm900')
    while (watched.timeline.hasMore) await phone.app.chat.loadOlder(LOG)
    server.reachable = false
    server.disconnect()
    await phone.app.chat.jumpTo(LOG, 450)
    await phone.app.chat.jumpTo(LOG, 40)
    expect(watched.find('m39')?.seq).toBe(40)
  })

  it('shows a stretch as later events left it', async () => {
    sayMany(400)
    server.edit(LOG, 'bob', 20, { kind: { case: 'text', value: 'in other words' } })
    server.append(LOG, ReactedSchema, { seq: 30, emoji: '👍', on: true }, 'ann')
    server.recall(LOG, 'bob', 40)
    server.disappear(LOG, [50])
    sayMany(300)
    const phone = await start()
    const watched = phone.look(LOG)
    await until(() => watched.texts.length > 0)
    while (watched.timeline.hasMore) await phone.app.chat.loadOlder(LOG)
    server.reachable = false // from here on only what is stored counts
    server.disconnect()
    const again = await phone.reload()
    phones.push(again)
    const later = again.look(LOG)
    await until(() => later.texts.length > 0)
    await again.app.chat.jumpTo(LOG, 25)
    const row = (seq: number) => later.timeline.messages.find((message) => message.seq === seq)
    expect(row(20)).toMatchObject({ body: { text: 'in other words' } })
    expect(row(20)?.editedAtMs).toBeGreaterThan(0)
    expect(row(30)?.extras).toEqual({ reactions: '👍' })
    expect(row(40)?.body.kind).toBe('recalled')
    expect(row(50)).toBeUndefined()
    // And what happens now to something that is shown changes it, though it is far from the newest.
    server.reachable = true
    await until(() => server.follows.size > 0)
    await inStep(server, again)
    server.append(LOG, ReactedSchema, { seq: 31, emoji: '🍵', on: true }, 'bob')
    await until(() => row(31)?.extras['reactions'] === '🍵')
    expect(later.timeline.hasNewer).toBe(true)
  })

  it('shows a stretch that joins on to nothing as later events left it', async () => {
    sayMany(400)
    server.edit(LOG, 'bob', 20, { kind: { case: 'text', value: 'in other words' } })
    server.append(LOG, ReactedSchema, { seq: 30, emoji: '👍', on: true }, 'ann')
    server.append(LOG, ReactedSchema, { seq: 90, emoji: '🍵', on: true }, 'ann')
    server.recall(LOG, 'bob', 40)
    sayMany(400)
    const phone = await start()
    const watched = phone.look(LOG)
    await until(() => watched.texts.at(-1) === 'm400')
    const row = (seq: number) => watched.timeline.messages.find((message) => message.seq === seq)
    await phone.app.chat.jumpTo(LOG, 25)
    expect(row(20)).toMatchObject({ body: { text: 'in other words' } })
    expect(row(30)?.extras).toEqual({ reactions: '👍' })
    expect(row(40)?.body.kind).toBe('recalled')
    await phone.app.chat.loadNewer(LOG)
    expect(row(90)?.extras).toEqual({ reactions: '🍵' })
    // What is newer than all of it comes by itself, and what was asked for again is the same.
    server.append(LOG, ReactedSchema, { seq: 30, emoji: '🥟', on: true }, 'bob')
    await until(() => row(30)?.extras['reactions'] === '🥟')
    await phone.app.chat.jumpTo(LOG, 400)
    await phone.app.chat.jumpTo(LOG, 25)
    expect(row(30)?.extras).toEqual({ reactions: '🥟' })
  })

  it('who says something sees it, wherever they were', async () => {
    sayMany(600)
    const phone = await start()
    const watched = phone.look(LOG)
    await until(() => watched.texts.at(-1) === 'm600')
    await phone.app.chat.jumpTo(LOG, 100)
    await phone.app.chat.sendText(LOG, 'here I am')
    await until(() => watched.find('here I am')?.delivery === 'sent')
    expect(watched.timeline.hasNewer).toBe(false)
  })

  it('a place that cannot be loaded is refused with a reason, and the stretch stays', async () => {
    sayMany(500)
    const phone = await start()
    const watched = phone.look(LOG)
    await until(() => watched.texts.at(-1) === 'm500')
    const before = stretch(watched)
    server.refuse = (method) => (method === 'read' ? new Refusal(Code.INTERNAL, 'No page.') : null)
    await expect(phone.app.chat.jumpTo(LOG, 5)).rejects.toMatchObject({ message: 'No page.' })
    expect(stretch(watched)).toEqual(before)
    await expect(phone.app.chat.loadOlder(LOG)).rejects.toMatchObject({ message: 'No page.' })
    expect(watched.timeline.loadingOlder).toBe(false)
  })

  it('an event costs the same, however many were before', async () => {
    sayMany(300)
    const phone = await start()
    const watched = phone.look(LOG)
    await until(() => watched.texts.at(-1) === 'm300')
    while (watched.timeline.hasMore) await phone.app.chat.loadOlder(LOG)
    const before = watched.timeline.messages
    server.say(LOG, 'bob', 'one more')
    await until(() => watched.texts.at(-1) === 'one more')
    const after = watched.timeline.messages
    // Nothing that was there is made again.
    expect(after.slice(0, -1).every((message, place) => message === before[place])).toBe(true)
  })
})
