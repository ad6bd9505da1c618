/**
 * One path between two devices: a connection that is kept alive through ICE restarts and new connections
 * until its owner closes it, and what is known about the path.
 */
import { writable, type Readable } from 'svelte/store'
import type { Clock } from '../../model/feature'
import type { Path } from '../../model/types'
import type { Signal } from '../../schema/peers_pb'
import { Negotiation } from './negotiation'
import type { Numbered } from './mailbox'
import { Recovery } from './recovery'
import { Signalling, type SignalTransport } from './signalling'
import {
  NO_STATS,
  pathOf,
  statsBetween,
  totalsOf,
  type PathStats,
  type StatsEntry,
  type Totals,
} from './stats'

/**
 * connecting: never connected yet; interrupted: it was, and is being mended; gone: the server ended the
 * session; closed: by us.
 */
export type PeerPhase = 'connecting' | 'connected' | 'interrupted' | 'gone' | 'closed'

export interface PeerStatus extends PathStats {
  phase: PeerPhase
}

export interface PeerSessionOptions {
  /** The call's or the transfer's id. */
  session: string
  /** The caller or the sender: makes the first offer, and is the impolite side. */
  offerer: boolean
  /** This page was in the session before and was reloaded. */
  again: boolean
  /** Adds tracks, channels and handlers to every new connection. */
  prepare: (connection: RTCPeerConnection) => void
  /** The server has forgotten the session: opens it again; false when the call or transfer is over. */
  revive: () => Promise<boolean>
}

export interface PeerSessionDependencies {
  transport: SignalTransport
  iceServers: () => Promise<RTCIceServer[]>
  newConnection: (configuration: RTCConfiguration) => RTCPeerConnection
  newName: () => string
  clock: Clock
}

const STATS_INTERVAL_MS = 2_000
const TICK_MS = 500

export class PeerSession {
  readonly session: string
  readonly #options: PeerSessionOptions
  readonly #dependencies: PeerSessionDependencies
  readonly #status = writable<PeerStatus>({ phase: 'connecting', ...NO_STATS })
  readonly #negotiation: Negotiation
  readonly #signalling: Signalling
  readonly #recovery: Recovery
  #phase: PeerPhase = 'connecting'
  #cancelTick: () => void
  #totals: Totals | null = null
  #measuredMs = 0
  #measuring = false

  constructor(options: PeerSessionOptions, dependencies: PeerSessionDependencies) {
    this.session = options.session
    this.#options = options
    this.#dependencies = dependencies
    this.#recovery = new Recovery(!options.offerer)
    this.#signalling = new Signalling({
      session: options.session,
      transport: dependencies.transport,
      skipHistory: options.again,
      revive: options.revive,
      onSignal: (signal) => {
        this.#negotiation.receive(signal)
      },
      onGone: () => {
        this.#end('gone')
      },
    })
    this.#negotiation = new Negotiation({
      offerer: options.offerer,
      newName: dependencies.newName,
      createConnection: () => this.#createConnection(),
      say: (signal) => {
        this.#signalling.say(signal)
      },
    })
    this.#cancelTick = dependencies.clock.after(TICK_MS, () => {
      this.#tick()
    })
    void this.#begin()
  }

  get status(): Readable<PeerStatus> {
    return this.#status
  }

  /** The connection of now; null before the first and after the end. */
  get connection(): RTCPeerConnection | null {
    return this.#negotiation.connection
  }

  /** The path of this moment, read from the browser now. */
  async readPath(): Promise<Path> {
    const report = await this.connection?.getStats()
    return report === undefined ? 'unknown' : pathOf(report)
  }

  /** A signal the server pushed. */
  receive(said: Numbered<Signal>): void {
    this.#signalling.receive(said)
  }

  /** The link to the server, or the network, is back. */
  resync(): void {
    this.#signalling.resync()
    this.#recovery.hurry(this.#dependencies.clock.nowMs())
  }

  /** It looks whole, and nothing arrives on it: makes a new connection. */
  rebuild(): void {
    if (!this.#ended()) this.#negotiation.rebuild()
  }

  close(): void {
    this.#end('closed')
  }

  /** What waits in the mailbox is for our first connection; after a reload it is not for this page at all. */
  async #begin(): Promise<void> {
    if (!this.#options.again) this.#negotiation.begin(false)
    await this.#signalling.start()
    if (this.#options.again && !this.#ended()) this.#negotiation.begin(true)
  }

  async #createConnection(): Promise<RTCPeerConnection> {
    const iceServers = await this.#dependencies.iceServers()
    const connection = this.#dependencies.newConnection({ iceServers })
    this.#totals = null
    this.#recovery.begin(this.#dependencies.clock.nowMs())
    if (this.#phase === 'connected') this.#enter('interrupted')
    connection.addEventListener('connectionstatechange', () => {
      if (connection === this.connection) this.#follow(connection)
    })
    this.#options.prepare(connection)
    return connection
  }

  #follow(connection: RTCPeerConnection): void {
    this.#recovery.update(connection.connectionState, this.#dependencies.clock.nowMs())
    if (connection.connectionState === 'connected') {
      this.#enter('connected')
      this.#measuredMs = 0
    } else if (this.#recovery.broken && this.#phase === 'connected') this.#enter('interrupted')
  }

  #tick(): void {
    const { clock } = this.#dependencies
    const nowMs = clock.nowMs()
    this.#cancelTick = clock.after(TICK_MS, () => {
      this.#tick()
    })
    const step = this.#recovery.take(nowMs)
    if (step === 'restartIce') this.#negotiation.restartIce()
    else if (step === 'rebuild') this.#negotiation.rebuild()
    if (this.#phase === 'connected' && nowMs - this.#measuredMs >= STATS_INTERVAL_MS)
      void this.#measure(nowMs)
  }

  async #measure(nowMs: number): Promise<void> {
    const connection = this.connection
    if (connection === null || this.#measuring) return
    this.#measuring = true
    this.#measuredMs = nowMs
    try {
      const report = (await connection.getStats()) as unknown as ReadonlyMap<string, StatsEntry>
      if (connection !== this.connection || this.#ended()) return
      const totals = totalsOf(report, nowMs)
      const stats = statsBetween(report, this.#totals, totals)
      this.#totals = totals
      this.#status.update((status) => ({ ...status, ...stats }))
    } finally {
      this.#measuring = false
    }
  }

  #ended(): boolean {
    return this.#phase === 'gone' || this.#phase === 'closed'
  }

  #enter(phase: PeerPhase): void {
    if (this.#phase === phase) return
    this.#phase = phase
    this.#status.update((status) => ({ ...status, phase }))
  }

  #end(phase: 'gone' | 'closed'): void {
    if (this.#ended()) return
    this.#cancelTick()
    this.#signalling.close()
    this.#negotiation.close()
    this.#enter(phase)
  }
}
