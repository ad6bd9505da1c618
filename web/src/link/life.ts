/**
 * The life of a link's connections: searching, taking over from one another, waiting, giving up (CONN19).
 * The owner calls `tick` at `deadlineMs`.
 */
import { Bans } from './bans'
import type { Activity } from './activity'
import type { ChannelEnd } from './channel'
import { Connection, type Parcel } from './connection'
import type { LinkOptions, LinkState } from './contract'
import { reconnectMs } from './patience'
import { Search } from './search'
import { isPost } from './ways'

/** From being verified to being signed in. */
const READY_WITHIN_MS = 10_000
/** A connection that lived this long was a good one: the next attempt comes at once (CONN19). */
const STEADY_AFTER_MS = 5_000
/** On the POST carrier: when to look for a better way again, doubling; at once after a change of network. */
const BETTER_FIRST_MS = 60_000
const BETTER_LONGEST_MS = 30 * 60_000

/** apart: there is no connection; greeting: until the challenge; resuming: until our sign-in is answered. */
export type Phase = 'stopped' | 'apart' | 'greeting' | 'resuming' | 'ready'

export interface LifeOwner {
  /** A connection is going to be looked for, or another one has taken over: what it needs is asked anew. */
  prepare(): void
  /** The packets of the first flight on a connection with this binding, with calls in them or without. */
  flight(binding: Uint8Array<ArrayBuffer>, calls: boolean): Promise<readonly Parcel[]>
  /** There is a new connection; `calls` says whether its flight had any. */
  onBegan(calls: boolean): void
  /** The present connection ended by itself; `onEnded` follows. */
  onCut(): void
  /** The connection is gone, and no other has taken over. */
  onEnded(): void
  onFlown(): void
  onMessage(message: Uint8Array<ArrayBuffer>): void
  onState(state: LinkState): void
  /** A whole search failed; another follows. */
  onUnreachable(end: ChannelEnd): void
  /** `deadlineMs` may be another one. */
  onTurn(): void
}

export type LifeOptions = Pick<LinkOptions, 'open' | 'ways' | 'clock' | 'random'>

export class Life {
  readonly #options: LifeOptions
  readonly #owner: LifeOwner
  readonly #bans = new Bans()
  #phase: Phase = 'stopped'
  #state: LinkState = 'connecting'
  #activity: Activity = 'foreground'
  #present: Connection | null = null
  #search: Search | null = null
  /** The search began without a connection: what it finds carries the first calls in its flight. */
  #alone = false
  /** The search only asks whether the network changed under us: an answer on the present way ends it. */
  #doubting = false
  #connectAtMs = Infinity
  #readyByMs = Infinity
  #readySinceMs = 0
  #failures = 0
  #betterAtMs = Infinity
  #betterWaitMs = BETTER_FIRST_MS

  constructor(options: LifeOptions, owner: LifeOwner) {
    this.#options = options
    this.#owner = owner
  }

  get phase(): Phase {
    return this.#phase
  }

  get present(): Connection | null {
    return this.#present
  }

  get deadlineMs(): number {
    const searching = this.#search?.deadlineMs ?? this.#betterAtMs
    return Math.min(this.#connectAtMs, this.#readyByMs, searching)
  }

  /** Begins to connect; also anew, as somebody else. */
  start(): void {
    this.#endAll()
    this.#reconnect(0)
  }

  stop(): void {
    this.#endAll()
    this.#phase = 'stopped'
    this.#connectAtMs = Infinity
  }

  /** The server has spoken: our sign-in is being decided, or there is none. */
  resuming(): void {
    this.#phase = 'resuming'
    this.#readyByMs = this.#now() + READY_WITHIN_MS
  }

  ready(): void {
    const now = this.#now()
    this.#phase = 'ready'
    this.#readyByMs = Infinity
    this.#readySinceMs = now
    const present = this.#present
    this.#betterAtMs = present !== null && isPost(present.way) ? now + this.#betterWaitMs : Infinity
    if (present !== null && !isPost(present.way)) this.#betterWaitMs = BETTER_FIRST_MS
    this.#setState('online')
  }

  /** The present connection answered a question: it lives. */
  believe(): void {
    if (this.#doubting) this.#endSearch()
  }

  /** What is being looked for was for somebody else. */
  lookAnew(): void {
    if (this.#search === null) return
    this.#endSearch()
    if (this.#phase === 'apart') this.#connect()
  }

  /** The present connection is of no use any more: the next at once after a good one, else with backoff. */
  lost(patient = false): void {
    const steady = this.#phase === 'ready' && this.#now() - this.#readySinceMs >= STEADY_AFTER_MS
    this.#endPresent()
    if (steady) this.#failures = 0
    if (this.#search !== null) this.#setState(this.#state === 'online' ? 'connecting' : this.#state)
    if (this.#search !== null) this.#owner.prepare()
    else if (steady && !patient) this.#reconnect(0)
    else this.#backOff()
  }

  /** The network changed: what is known of the ways is not true any more; another connection is looked for. */
  networkChanged(): void {
    this.#bans.forgive()
    this.#betterWaitMs = 0
    if (this.#betterAtMs !== Infinity) this.#betterAtMs = this.#now()
    if (this.#phase === 'apart') {
      this.#endSearch()
      this.#connect()
    } else if (this.#phase === 'ready' && this.#search === null) {
      this.#doubting = true
      this.#look(this.#options.ways())
    }
  }

  turn(activity: Activity): void {
    this.#activity = activity
    if (activity === 'foreground' && this.#phase === 'apart' && this.#search === null) this.#connect()
  }

  tick(): void {
    const now = this.#now()
    if (now >= this.#connectAtMs) this.#connect()
    if (now >= this.#readyByMs) this.lost()
    this.#search?.tick(now)
    if (this.#search === null && now >= this.#betterAtMs) this.#lookForBetter()
  }

  #now(): number {
    return this.#options.clock.nowMs()
  }

  // ---- searching ----

  #connect(): void {
    this.#connectAtMs = Infinity
    this.#owner.prepare()
    this.#look(this.#options.ways())
  }

  #lookForBetter(): void {
    this.#betterWaitMs = Math.min(Math.max(this.#betterWaitMs * 2, BETTER_FIRST_MS), BETTER_LONGEST_MS)
    this.#betterAtMs = this.#now() + this.#betterWaitMs
    const better = this.#options.ways().filter((way) => !isPost(way))
    if (better.length > 0 && this.#activity !== 'inactive') this.#look(better)
  }

  #look(ways: readonly string[]): void {
    const now = this.#now()
    const open = (way: string): Connection => this.#open(way)
    const onFailed = (end: ChannelEnd): void => this.#failed(end)
    this.#alone = this.#present === null
    this.#search = new Search({ ways, bans: this.#bans, open, onFailed }, now)
    this.#search.tick(now)
  }

  #open(way: string): Connection {
    return new Connection(way, this.#options.open, {
      flight: (binding) => this.#owner.flight(binding, this.#alone),
      onVerified: (connection) => {
        this.#found(connection)
        this.#owner.onTurn()
      },
      onFlown: (connection) => {
        if (connection === this.#present) this.#owner.onFlown()
      },
      onMessage: (connection, message) => {
        if (connection === this.#present) this.#owner.onMessage(message)
      },
      onEnd: (connection, end) => {
        if (connection === this.#present) {
          this.#owner.onCut()
          this.lost()
        } else if (this.#search?.has(connection) === true) this.#search.failed(connection, end, this.#now())
        this.#owner.onTurn()
      },
    })
  }

  #found(connection: Connection): void {
    const search = this.#search
    if (search?.has(connection) !== true) return
    search.found(connection)
    this.#search = null
    this.#doubting = false
    const replaced = this.#present !== null
    this.#present?.close()
    this.#present = connection
    this.#phase = 'greeting'
    this.#connectAtMs = Infinity
    this.#betterAtMs = Infinity
    this.#readyByMs = this.#now() + READY_WITHIN_MS
    if (replaced) this.#setState('connecting')
    this.#owner.onBegan(this.#alone)
    if (replaced) this.#owner.prepare()
  }

  #failed(end: ChannelEnd): void {
    this.#search = null
    this.#doubting = false
    if (this.#present !== null) return // all is well as it is
    // The server is away: that is no way's fault, and none that was left alone is worse.
    this.#bans.forgive()
    this.#owner.onUnreachable(end)
    this.#backOff()
  }

  // ---- waiting ----

  #backOff(): void {
    this.#reconnect(reconnectMs(this.#failures++, this.#options.random(), this.#activity))
  }

  #reconnect(delayMs: number): void {
    this.#phase = 'apart'
    // One failed attempt is enough to say so; the word stays until we are really back.
    this.#setState(this.#failures === 0 && this.#state !== 'offline' ? 'connecting' : 'offline')
    if (delayMs === 0) this.#connect()
    else this.#connectAtMs = this.#now() + delayMs
  }

  #endPresent(): void {
    const present = this.#present
    present?.close()
    this.#present = null
    this.#phase = 'apart'
    this.#readyByMs = Infinity
    this.#betterAtMs = Infinity
    if (present !== null) this.#owner.onEnded()
  }

  #endSearch(): void {
    this.#search?.close()
    this.#search = null
    this.#doubting = false
  }

  #endAll(): void {
    this.#endSearch()
    this.#endPresent()
  }

  #setState(state: LinkState): void {
    if (state === this.#state) return
    this.#state = state
    this.#owner.onState(state)
  }
}
