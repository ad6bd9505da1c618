import 'fake-indexeddb/auto'
import { describe, expect, it } from 'vitest'
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
  if (dice < 0.35) server.say(log, 'bob', `b${events.length}`)
  else if (dice < 0.6 && mayWrite) await phone.app.chat.sendText(log, `a${random()}`)
  else if (dice < 0.65) {
    const mine = events.filter(
      ({ author, kind, body }) => author === 'bob' && kind === 401 && body.length > 0,
    )
    if (mine.length > 0) server.recall(log, 'bob', pick(mine).seq)
  } else if (dice < 0.72) phone.app.chat.markRead(log, events.length)
  else if (dice < 0.78) server.mark(log, 'bob', events.length, Math.floor(random() * events.length))
  else if (dice < 0.82) server.rename('chat:3', 'bob', `t${events.length}`)
  else if (dice < 0.86) toggleCat(server)
  else if (dice < 0.9) server.disconnect()
  else if (dice < 0.93) server.flushLate()
  else if (dice < 0.95) return phone.reload()
  else await new Promise((resolve) => setTimeout(resolve, 3))
  return phone
}

function toggleCat(server: FakeServer): void {
  const room = server.rooms.get('chat:3')
  if (room === undefined) return
  if (room.members.some(({ user }) => user === 'cat')) server.leave('chat:3', 'cat')
  else server.join('chat:3', 'bob', 'cat')
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
    const { messages } = watched.timeline
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
    const { title, unread, members, last } = phone.summary(log) ?? {}
    if (messages.length > 0) pictures.push({ log, title, unread, members, last: last?.seq, rows: messages })
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
