/** One channel, and whether what has to come first on it is on its way. */
import type { Priority } from '../schema/options_pb'
import type { Bytes } from './bytes'
import type { Channel, ChannelEnd, OpenChannel } from './channel'

/** An encoded packet and its class on the link. */
export interface Parcel {
  readonly priority: Priority
  readonly packet: Uint8Array
}

export interface ConnectionEvents {
  /** The packets that go out before the server has answered: only what may be repeated (SEAL14). */
  flight(binding: Bytes): Promise<readonly Parcel[]>
  /** The core has proved itself. */
  onVerified(connection: Connection): void
  /** After `onVerified`: everything of the flight was handed over, so that more may follow it. */
  onFlown(connection: Connection): void
  onMessage(connection: Connection, message: Bytes): void
  /** The last call; not after `close`. */
  onEnd(connection: Connection, end: ChannelEnd): void
}

export class Connection {
  readonly way: string
  readonly #events: ConnectionEvents
  readonly #channel: Channel
  #binding: Bytes = new Uint8Array()
  /** Counts openings, of which the last is the one that matters. */
  #openings = 0
  #flown = false
  #ended = false

  constructor(way: string, open: OpenChannel, events: ConnectionEvents) {
    this.way = way
    this.#events = events
    this.#channel = open(way, {
      onOpening: (binding) => this.#begin(binding),
      onVerified: () => events.onVerified(this),
      onMessage: (message) => events.onMessage(this, message),
      onEnd: (end) => this.#end(end),
    })
  }

  /** What a device signs to sign in here (SEAL15). */
  get binding(): Bytes {
    return this.#binding
  }

  get flown(): boolean {
    return this.#flown
  }

  send({ priority, packet }: Parcel): void {
    this.#channel.send(priority, packet)
  }

  movedBytes(): number {
    return this.#channel.movedBytes()
  }

  close(): void {
    this.#ended = true
    this.#channel.close()
  }

  #end(end: ChannelEnd): void {
    if (this.#ended) return
    this.close()
    this.#events.onEnd(this, end)
  }

  #begin(binding: Bytes): void {
    const opening = ++this.#openings
    this.#binding = binding
    this.#flown = false
    this.#events.flight(binding).then(
      (parcels) => {
        if (this.#ended || opening !== this.#openings) return
        for (const { priority, packet } of parcels) this.#channel.send(priority, packet, true)
        this.#flown = true
        this.#events.onFlown(this)
      },
      () => this.#end('lost'),
    )
  }
}
