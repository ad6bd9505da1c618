/**
 * Whether the present connection is alive: heartbeats, probes when an answer is late, and what networks
 * teach. One for the life of a link. Pure: the caller brings the time.
 */
import type { Activity } from './activity'
import { Heartbeat, type Beat } from './heartbeat'
import { cut, failed, succeeded } from './learnt'
import type { Networks } from './networks'
import { probeAfterMs, type Network } from './patience'

/** A slow answer is asked about again after twice the time, and so on up to this many times as long. */
const DOUBLINGS_MAX = 6

export class Pulse {
  readonly #networks: Networks
  /** How much the present channel has moved (`Channel.movedBytes`). */
  readonly #movedBytes: () => number
  readonly #kind: () => Network
  #network = ''
  #heartbeat: Heartbeat | null = null
  #activity: Activity = 'foreground'
  /** Where a try of the learnt interval got no answer, until it is clear whether the network was there. */
  #unansweredTry = ''
  /** The silence before a connection ended by itself, until it is clear whether the network was there. */
  #cut = { network: '', quietMs: 0 }
  /** Since when an answer is awaited and nothing at all came. */
  #silentSinceMs = Infinity
  #askedBytes = 0
  #doublings = 0
  #movedAtPing = 0

  constructor(networks: Networks, movedBytes: () => number, kind: () => Network) {
    this.#networks = networks
    this.#movedBytes = movedBytes
    this.#kind = kind
  }

  get activity(): Activity {
    return this.#activity
  }

  /** Which ping is due. */
  get number(): number {
    return this.#heartbeat?.number ?? 0
  }

  /** When `take` has to be called next. */
  get deadlineMs(): number {
    if (this.#heartbeat === null) return Infinity
    return Math.min(this.#heartbeat.deadlineMs, this.#probeAtMs())
  }

  /** A server speaks, which sees us come from `network` and wants to hear us every `limitMs`. */
  begin(network: string, limitMs: number, nowMs: number): void {
    if (this.#unansweredTry !== '' && this.#unansweredTry === network)
      this.#networks.learn(network, failed(this.#networks.learnt(network), nowMs))
    this.#unansweredTry = ''
    if (this.#cut.network !== '' && this.#cut.network === network)
      this.#networks.learn(network, cut(this.#networks.learnt(network), this.#cut.quietMs, nowMs))
    this.#cut = { network: '', quietMs: 0 }
    this.#network = network
    this.#heartbeat = new Heartbeat(limitMs, this.#networks.learnt(network), this.#activity, nowMs)
    this.#silentSinceMs = Infinity
  }

  /** The connection ended by itself. */
  cut(nowMs: number): void {
    const heartbeat = this.#heartbeat
    if (heartbeat !== null && !heartbeat.waiting && this.#silentSinceMs === Infinity)
      this.#cut = { network: this.#network, quietMs: heartbeat.quietMs(nowMs) }
  }

  /** The connection is gone. */
  end(): void {
    this.#heartbeat = null
    this.#silentSinceMs = Infinity
    this.#askedBytes = 0
  }

  /** The person came or went. */
  turn(activity: Activity): void {
    this.#activity = activity
    this.#heartbeat?.turn(activity, this.#networks.learnt(this.#network))
  }

  sent(nowMs: number): void {
    this.#heartbeat?.sent(nowMs)
  }

  /** Something was sent that wants an answer. */
  asked(sizeBytes: number, nowMs: number): void {
    if (this.#silentSinceMs === Infinity) this.#silentSinceMs = nowMs
    this.#askedBytes += sizeBytes
    this.#doublings = 0
  }

  /** Something arrived; `awaiting` says whether answers are still outstanding. */
  heard(nowMs: number, pong: number, awaiting: boolean): void {
    this.#doublings = pong === 0 ? 0 : Math.min(this.#doublings + 1, DOUBLINGS_MAX)
    this.#silentSinceMs = awaiting ? nowMs : Infinity
    this.#askedBytes = 0
    if (this.#heartbeat?.heard(nowMs, pong) !== true) return
    const learnt = succeeded(this.#networks.learnt(this.#network), nowMs)
    this.#networks.learn(this.#network, learnt)
    this.#heartbeat.turn(this.#activity, learnt)
  }

  /** What is due now. */
  take(nowMs: number): Beat {
    const heartbeat = this.#heartbeat
    if (heartbeat === null) return 'nothing'
    const beat = nowMs >= this.#probeAtMs() ? heartbeat.probe(nowMs) : heartbeat.take(nowMs)
    const moved = this.#movedBytes()
    if (beat === 'ping') this.#movedAtPing = moved
    if (beat === 'dead' && moved > this.#movedAtPing) {
      // A slow line takes what we send: its pong stands behind that.
      this.#movedAtPing = moved
      heartbeat.heard(nowMs, 0)
      return 'nothing'
    }
    if (beat === 'dead') this.#unansweredTry = heartbeat.tried ? this.#network : ''
    return beat
  }

  /** Asks at once whether anybody is there. */
  probe(nowMs: number): Beat {
    if (this.#heartbeat === null) return 'nothing'
    this.#movedAtPing = this.#movedBytes()
    return this.#heartbeat.probe(nowMs)
  }

  #probeAtMs(): number {
    if (this.#heartbeat === null || this.#heartbeat.waiting) return Infinity
    return this.#silentSinceMs + probeAfterMs(this.#askedBytes, this.#kind()) * 2 ** this.#doublings
  }
}
