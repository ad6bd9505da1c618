import { expect, test } from 'vitest'
import type { Signal } from '../../schema/peers_pb'
import { FakeConnection } from './testing/fake-connection'
import { Negotiation } from './negotiation'

/** One page of one device; a reload makes a new page on the same mailbox. */
class Page {
  readonly negotiation: Negotiation
  alive = true

  constructor(name: string, offerer: boolean, say: (signal: Signal) => void) {
    this.negotiation = new Negotiation({
      offerer,
      newName: () => `${name}${++names}`,
      createConnection: () => {
        const connection = new FakeConnection()
        connection.need()
        return Promise.resolve(connection as unknown as RTCPeerConnection)
      },
      say: (signal) => {
        if (this.alive) say(signal)
      },
    })
  }
  get connection(): FakeConnection {
    return this.negotiation.connection as unknown as FakeConnection
  }
}
let names = 0

/** Two devices and the queues between them; a test decides when a signal arrives. */
class Pair {
  readonly toAnswerer: Signal[] = []
  readonly toOfferer: Signal[] = []
  offerer = this.#page('A', true)
  answerer = this.#page('B', false)

  #page(name: string, offerer: boolean): Page {
    return new Page(name, offerer, (signal) => (offerer ? this.toAnswerer : this.toOfferer).push(signal))
  }

  /** A new page skips what waits for it and takes its place. */
  reload(side: 'offerer' | 'answerer'): void {
    const offerer = side === 'offerer'
    this[side].alive = false
    this[side].negotiation.close()
    this[side] = this.#page(offerer ? 'A' : 'B', offerer)
    ;(offerer ? this.toOfferer : this.toAnswerer).length = 0
    this[side].negotiation.begin(true)
  }

  async step(to: 'offerer' | 'answerer'): Promise<void> {
    const signal = (to === 'offerer' ? this.toOfferer : this.toAnswerer).shift()
    if (signal !== undefined) this[to].negotiation.receive(signal)
    await settle()
  }

  async settle(): Promise<void> {
    await settle()
    for (let round = 0; round < 200 && this.toAnswerer.length + this.toOfferer.length > 0; round++) {
      await this.step('answerer')
      await this.step('offerer')
    }
    expect(this.toAnswerer.length + this.toOfferer.length).toBe(0)
  }

  expectTogether(): void {
    const [a, b] = [this.offerer.connection, this.answerer.connection]
    expect([a.signalingState, b.signalingState]).toEqual(['stable', 'stable'])
    expect([a.peer, b.peer]).toEqual([b.id, a.id])
    expect(a.agreed).toBe(b.agreed)
    expect(a.candidates.at(-1)).toBe(`candidate of ${b.id}`)
    expect(b.candidates.at(-1)).toBe(`candidate of ${a.id}`)
  }
}

/** Lets every promise of the chains run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve()
}

async function connected(): Promise<Pair> {
  const pair = new Pair()
  pair.offerer.negotiation.begin(false)
  pair.answerer.negotiation.begin(false)
  await pair.settle()
  pair.expectTogether()
  return pair
}

test('the offerer offers, the answerer answers', async () => {
  await connected()
})

test('an offer that waits before the answerer begins is answered, and its connection stays', async () => {
  const pair = new Pair()
  pair.offerer.negotiation.begin(false)
  await settle()
  const offer = pair.toAnswerer.shift()
  if (offer !== undefined) pair.answerer.negotiation.receive(offer)
  pair.answerer.negotiation.begin(false)
  await pair.settle()
  pair.expectTogether()
})

test('PEER8: both negotiate at once: the polite side gives way, and its wish is heard after', async () => {
  const pair = await connected()
  pair.offerer.connection.need()
  pair.answerer.connection.need()
  await pair.settle()
  pair.expectTogether()
  expect(pair.answerer.connection.localDescription?.type).toBe('offer')
})

test('either side may restart ICE on the same connection', async () => {
  const pair = await connected()
  const before = pair.offerer.connection.id
  pair.answerer.negotiation.restartIce()
  await pair.settle()
  pair.offerer.negotiation.restartIce()
  await pair.settle()
  pair.expectTogether()
  expect(pair.offerer.connection.id).toBe(before)
})

test.each(['offerer', 'answerer'] as const)('the %s reloads', async (side) => {
  const pair = await connected()
  const other = pair[side === 'offerer' ? 'answerer' : 'offerer'].connection
  pair.reload(side)
  await pair.settle()
  pair.expectTogether()
  expect(other.signalingState).toBe('closed')
})

test('PEER9: both reload, in either order', async () => {
  for (const [first, second] of [
    ['offerer', 'answerer'],
    ['answerer', 'offerer'],
  ] as const) {
    const pair = await connected()
    pair.reload(first)
    await settle()
    pair.reload(second)
    await pair.settle()
    pair.expectTogether()
  }
})

test('PEER7, PEER10: an answer to a connection of the past is dropped', async () => {
  const pair = await connected()
  pair.offerer.connection.need()
  await settle()
  await pair.step('answerer') // the offer: its answer is on the way
  pair.reload('offerer')
  await pair.settle()
  pair.expectTogether()
})

test('PEER10: whatever reloads, restarts and crossings: the two end together (seeded)', async () => {
  for (let seed = 1; seed <= 150; seed++) {
    let state = seed
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const pair = await connected()
    for (let step = 0; step < 25; step++) {
      const side = random(2) === 0 ? 'offerer' : 'answerer'
      const what = random(10)
      if (what === 0) pair.reload(side)
      else if (what === 1) pair[side].negotiation.restartIce()
      else if (what === 2) pair[side].negotiation.rebuild()
      else await pair.step(side)
      if (random(2) === 0) await settle()
    }
    await pair.settle()
    pair.expectTogether()
  }
})

test('signals that make no sense change nothing', async () => {
  const pair = await connected()
  const say = (signal: Partial<Signal>): void =>
    pair.offerer.negotiation.receive({ connection: 'x', towards: '', ...signal } as Signal)
  say({ kind: { case: undefined } })
  say({ kind: { case: 'description', value: { type: 'offer', sdp: 'offer x 1' } as never } })
  say({ kind: { case: 'description', value: { type: 'nonsense', sdp: '' } as never } })
  say({ kind: { case: 'candidate', value: { candidate: 'c', sdpMid: '', sdpMLineIndex: 0 } as never } })
  await pair.settle()
  pair.expectTogether()
})
