/** For tests: a clock that is turned by hand, and carriers whose other end is the test. */
import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import { PacketSchema, type Packet, type Request } from '../schema/link_pb'
import type { CarrierEvents, OpenCarrier } from './carrier'
import type { Clock } from './clock'

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

/** One connection as its server sees it. */
export class ServerEnd {
  readonly received: Packet[] = []
  messages = 0
  closedByClient = false
  readonly #events: CarrierEvents
  readonly #onPacket: ((packet: Packet, end: ServerEnd) => void) | undefined

  constructor(events: CarrierEvents, onPacket?: (packet: Packet, end: ServerEnd) => void) {
    this.#events = events
    this.#onPacket = onPacket
  }

  get requests(): Request[] {
    return this.received.flatMap((packet) => packet.requests)
  }

  receive(message: Uint8Array): void {
    const packet = fromBinary(PacketSchema, message)
    this.messages += 1
    this.received.push(packet)
    this.#onPacket?.(packet, this)
  }

  send(packet: MessageInitShape<typeof PacketSchema>): void {
    this.sendBytes(toBinary(PacketSchema, create(PacketSchema, packet)))
  }

  sendBytes(message: Uint8Array): void {
    if (!this.closedByClient) this.#events.onMessage(message)
  }

  challenge(heartbeatS = 30): void {
    const nonce = new Uint8Array(32).fill(7)
    this.send({ challenge: { nonce, serverName: 'Test', heartbeatS, serverTimeMs: 0n, serverVersion: '0' } })
  }

  reply<Desc extends DescMessage>(id: number, schema: Desc, body: MessageInitShape<Desc>): void {
    this.send({ replies: [{ id, body: toBinary(schema, create(schema, body)) }] })
  }

  open(): void {
    this.#events.onOpen()
  }

  close(): void {
    if (!this.closedByClient) this.#events.onClose()
  }
}

/** Opens carriers onto `ServerEnd`s, newest last. */
export class ScriptedServer {
  readonly ends: ServerEnd[] = []
  readonly #onPacket: ((packet: Packet, end: ServerEnd) => void) | undefined

  constructor(onPacket?: (packet: Packet, end: ServerEnd) => void) {
    this.#onPacket = onPacket
  }

  readonly open: OpenCarrier = (events) => {
    const end = new ServerEnd(events, this.#onPacket)
    this.ends.push(end)
    return {
      send: (message) => end.receive(message),
      close: () => {
        end.closedByClient = true
      },
    }
  }

  get newest(): ServerEnd {
    const end = this.ends.at(-1)
    if (end === undefined) throw new Error('no carrier was opened')
    return end
  }
}
