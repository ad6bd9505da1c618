/** One search for a connection: several ways raced against each other (`race.ts`) until one is verified. */
import type { Bans } from './bans'
import type { ChannelEnd } from './channel'
import type { Connection } from './connection'
import { Race } from './race'

export interface SearchOptions {
  /** Best first; not empty. */
  ways: readonly string[]
  bans: Bans
  open(way: string): Connection
  /** Every way failed; `end` says how the last one did. */
  onFailed(end: ChannelEnd): void
}

export class Search {
  readonly #options: SearchOptions
  readonly #race: Race
  readonly #candidates = new Map<string, Connection>()

  constructor(options: SearchOptions, nowMs: number) {
    this.#options = options
    this.#race = new Race(options.bans.order(options.ways, nowMs), nowMs)
  }

  /** When `tick` has something to do. */
  get deadlineMs(): number {
    return this.#race.deadlineMs
  }

  has(connection: Connection): boolean {
    return this.#candidates.get(connection.way) === connection
  }

  /** Starts what is due, gives up what took too long. */
  tick(nowMs: number): void {
    for (const way of this.#race.late(nowMs)) {
      const late = this.#candidates.get(way)
      if (late === undefined) continue
      late.close()
      this.failed(late, 'lost', nowMs)
    }
    for (let way = this.#race.start(nowMs); way !== null; way = this.#race.start(nowMs))
      this.#candidates.set(way, this.#options.open(way))
  }

  /** A candidate ended. */
  failed(connection: Connection, end: ChannelEnd, nowMs: number): void {
    this.#candidates.delete(connection.way)
    this.#options.bans.failed(connection.way, nowMs)
    this.#race.failed(connection.way, nowMs)
    if (this.#race.over) this.#options.onFailed(end)
    else this.tick(nowMs)
  }

  /** A candidate is the one: the others are given up. */
  found(connection: Connection): void {
    this.#candidates.delete(connection.way)
    this.#options.bans.succeeded(connection.way)
    this.close()
  }

  close(): void {
    for (const candidate of this.#candidates.values()) candidate.close()
    this.#candidates.clear()
  }
}
