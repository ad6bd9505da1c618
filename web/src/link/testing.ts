/** For tests: a clock that is turned by hand, and channels whose other end is the test. */
import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import { PacketSchema, type Packet, type Request } from '../schema/link_pb'
import { unpackBody } from './bodies'
import { owned, type Bytes } from './bytes'
import type { ChannelEnd, ChannelEvents, OpenChannel } from './channel'
import type { Clock } from './clock'

export const BINDING: Bytes = new Uint8Array(32).fill(7)

/** Lets everything that waits for promises run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

export class ManualClock implements Clock {
  #nowMs = 1_700_000_000_000
  #timers: { atMs: number; run: () => void }[] = []

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Moves on, running what falls due in its order. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs
    for (;;) {
      await settled()
      const next = this.#timers.reduce<{ atMs: number; run: () => void } | null>(
        (first, timer) => (first === null || timer.atMs < first.atMs ? timer : first),
        null,
      )
      if (next === null || next.atMs > endMs) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.run()
    }
    this.#nowMs = endMs
    await settled()
  }
}

/** One connection as its server sees it; packets travel as they are, nothing is sealed. */
export class ServerEnd {
  readonly way: string
  readonly received: Packet[] = []
  messages = 0
  /** Packets that came before the server had spoken (SEAL14). */
  early = 0
  closedByClient = false
  verified = false
  #opened = false
  readonly #events: ChannelEvents
  readonly #onPacket: ((packet: Packet, end: ServerEnd) => void) | undefined

  constructor(way: string, events: ChannelEvents, onPacket?: (packet: Packet, end: ServerEnd) => void) {
    this.way = way
    this.#events = events
    this.#onPacket = onPacket
  }

  get requests(): Request[] {
    return this.received.flatMap((packet) => packet.requests)
  }

  receive(message: Uint8Array, early: boolean): void {
    const packet = fromBinary(PacketSchema, message)
    for (const request of packet.requests) unpackBody(request)
    if (!early && !this.verified) throw new Error('a message before the acceptance')
    this.messages += 1
    if (early) this.early += 1
    this.received.push(packet)
    this.#onPacket?.(packet, this)
  }

  send(packet: MessageInitShape<typeof PacketSchema>): void {
    this.sendBytes(toBinary(PacketSchema, create(PacketSchema, packet)))
  }

  sendBytes(message: Uint8Array): void {
    if (this.closedByClient) return
    if (!this.verified) {
      this.verified = true
      this.#events.onVerified()
    }
    this.#events.onMessage(owned(message))
  }

  /** The carrier is open: the client may send its first flight. */
  open(binding = BINDING): void {
    this.#opened = true
    this.#events.onOpening(binding)
  }

  /** The client's first flight arrives, and the server speaks. */
  async challenge(heartbeatS = 30, network: Uint8Array = new Uint8Array()): Promise<void> {
    if (!this.#opened) this.open()
    await settled()
    this.greet(heartbeatS, network)
    await settled()
  }

  greet(heartbeatS = 30, network: Uint8Array = new Uint8Array()): void {
    this.send({ challenge: { serverName: 'Test', heartbeatS, serverVersion: '0', network } })
  }

  reply<Desc extends DescMessage>(id: number, schema: Desc, body: MessageInitShape<Desc>): void {
    this.send({ replies: [{ id, body: toBinary(schema, create(schema, body)) }] })
  }

  close(how: ChannelEnd = 'lost'): void {
    if (!this.closedByClient) this.#events.onEnd(how)
  }
}

/** Opens channels onto `ServerEnd`s, newest last. */
export class ScriptedServer {
  readonly ends: ServerEnd[] = []
  readonly #onPacket: ((packet: Packet, end: ServerEnd) => void) | undefined

  constructor(onPacket?: (packet: Packet, end: ServerEnd) => void) {
    this.#onPacket = onPacket
  }

  readonly open: OpenChannel = (way, events) => {
    const end = new ServerEnd(way, events, this.#onPacket)
    this.ends.push(end)
    return {
      send: (_priority, message, early = false) => end.receive(message, early),
      movedBytes: () => 0,
      close: () => {
        end.closedByClient = true
      },
    }
  }

  get newest(): ServerEnd {
    const end = this.ends.at(-1)
    if (end === undefined) throw new Error('no channel was opened')
    return end
  }
}
