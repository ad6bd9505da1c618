import 'fake-indexeddb/auto'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { MessageSentSchema, Role, type ContentSchema } from '../schema/chat_pb'
import { FakeServer, type Fate } from './testing/fake-server'
import { startPhone, until, type Phone, type Watched } from './testing/kit'

/** Mulberry32: small, seeded, good enough to shuffle with. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}

const LOGS = ['chat:1', 'chat:2', 'chat:3']
const STEPS = 150

/** One random step of the world: somebody says, recalls, reads, joins, leaves; connections break. */
async function step(server: FakeServer, phone: Phone, random: () => number): Promise<Phone> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const log = pick(LOGS)
  const events = server.logs.get(log) ?? []
  const dice = random()
  const mayWrite = phone.summary(log) !== undefined
  if (dice < 0.3) server.say(log, 'bob', `b${events.length}`)
  else if (dice < 0.35)
    server.append(log, MessageSentSchema, { content: meaning(`m${events.length}`, random) }, 'bob')
  else if (dice < 0.6 && mayWrite) await phone.app.chat.sendText(log, `a${random()}`)
  else if (dice < 0.65) {
    const mine = events.filter(
      ({ author, kind, body }) => author === 'bob' && kind === 401 && body.length > 0,
    )
    if (mine.length > 0) server.recall(log, 'bob', pick(mine).seq)
  } else if (dice < 0.72) phone.app.chat.markRead(log, events.length)
  else if (dice < 0.78) server.mark(log, 'bob', events.length, Math.floor(random() * events.length))
  else if (dice < 0.8) server.rename('chat:3', 'bob', `t${events.length}`)
  else if (dice < 0.83) toggleCat(server, random)
  else if (dice < 0.89) changeSomething(server, phone, log, random)
  else if (dice < 0.9) server.disconnect()
  else if (dice < 0.93) server.flushLate()
  else if (dice < 0.95) return phone.reload()
  else await new Promise((resolve) => setTimeout(resolve, 3))
  return phone
}

function toggleCat(server: FakeServer, random: () => number): void {
  const room = server.rooms.get('chat:3')
  if (room === undefined) return
  const inside = room.members.some(({ user }) => user === 'cat')
  if (inside && random() < 0.5) server.remove('chat:3', 'bob', 'cat')
  else if (inside) server.leave('chat:3', 'cat')
  else if (random() < 0.5) server.arrive('chat:3', 'cat', 'bob')
  else server.join('chat:3', 'bob', 'cat')
}

function meaning(text: string, random: () => number): MessageInitShape<typeof ContentSchema> {
  const user = random() < 0.5 ? 'ann' : ''
  const mentions = random() < 0.7 ? [{ user, start: 0, length: 1 }] : []
  return { kind: { case: 'text', value: text }, mentions, replyTo: 1 }
}

/** Everything a conversation can be set to, and what can happen to a message after it was sent. */
function changeSomething(server: FakeServer, phone: Phone, log: string, random: () => number): void {
  const events = server.logs.get(log) ?? []
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)]
  const theirs = events.filter(
    ({ author, kind, body }) => author === 'bob' && kind === 401 && body.length > 0,
  )
  const message = pick(theirs)?.seq ?? 0
  const changes = [
    () => message > 0 && server.edit(log, 'bob', message, meaning(`e${events.length}`, random)),
    () => message > 0 && server.edit(log, 'bob', message, meaning(`e${events.length}`, random)),
    () => message > 0 && server.disappear(log, [message]),
    () =>
      server.setRole(
        'chat:3',
        'bob',
        pick(['ann', 'bob']) ?? 'bob',
        pick([Role.ADMIN, Role.OWNER]) ?? Role.ADMIN,
      ),
    () => server.mute('chat:3', 'bob', 'ann', BigInt(events.length)),
    () => server.nickname('chat:3', 'ann', `n${events.length}`),
    () => server.change('chat:2', 'bob', { settings: { announcement: `a${events.length}`, history: true } }),
    () => server.change('chat:2', 'bob', { picture: `p${events.length}` }),
    () => server.change(log, 'bob', { disappearS: events.length }),
    () => phone.app.chat.saveDraft(log, `d${events.length}`),
    () =>
      void phone.app.preferences.setConversation(log, { pinnedAtMs: events.length }).catch(() => undefined),
  ]
  pick(changes)?.()
}

function fates(random: () => number): () => Fate {
  return () => {
    const dice = random()
    if (dice < 0.1) return 'drop'
    if (dice < 0.2) return 'twice'
    return dice < 0.3 ? 'late' : 'deliver'
  }
}

/** What a person sees, scrolled up to the beginning, without the moments at which it came. */
async function look(phone: Phone, watching: Map<string, Watched>): Promise<unknown[]> {
  const pictures: unknown[] = []
  for (const [log, watched] of watching) {
    await until(() => !watched.timeline.loadingOlder)
    while (watched.timeline.hasMore) await phone.app.chat.loadOlder(log)
    while (watched.timeline.hasNewer) await phone.app.chat.loadNewer(log)
    const { messages } = watched.timeline
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
    const summary = phone.summary(log)
    const still = { typing: [], atMs: 0, last: summary?.last?.seq }
    if (messages.length > 0) pictures.push({ ...summary, ...still, rows: messages })
  }
  return pictures
}

describe('LOG15: whatever happens on the way, everybody ends up with the same picture', () => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i', async (seed) => {
    const random = generator(seed)
    const server = new FakeServer()
    for (const user of ['ann', 'bob', 'cat']) server.addUser(user, user.toUpperCase())
    server.addRoom('chat:1', ['ann', 'bob'])
    server.addRoom('chat:2', ['bob', 'ann'], true, 'Two')
    server.addRoom('chat:3', ['bob', 'ann', 'cat'], true, 'Three')
    let phone = await startPhone(server, 'ann')
    server.fate = fates(random)
    for (let count = 0; count < STEPS; count++) phone = await step(server, phone, random)

    server.fate = () => 'deliver'
    server.flushLate()
    server.disconnect()
    const newcomer = await startPhone(server, 'ann')
    const watching = new Map(LOGS.map((log) => [log, phone.look(log)]))
    const watchingToo = new Map(LOGS.map((log) => [log, newcomer.look(log)]))
    let worn: unknown[] = []
    let fresh: unknown[] = []
    const same = () => JSON.stringify(worn) === JSON.stringify(fresh)
    for (let round = 0; round < 100 && !(same() && fresh.length === LOGS.length); round++) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      worn = await look(phone, watching)
      fresh = await look(newcomer, watchingToo)
    }
    expect(worn).toEqual(fresh)
    expect(fresh).toHaveLength(LOGS.length)
    phone.app.close()
    newcomer.app.close()
    const texts = (server.logs.get('chat:1') ?? []).filter(
      ({ author, kind }) => author === 'ann' && kind === 401,
    )
    expect(new Set(texts.map(({ body }) => body.join())).size).toBe(texts.length) // nothing said twice
  })
})
