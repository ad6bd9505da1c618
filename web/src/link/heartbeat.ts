import type { Activity } from './activity'
import { intervalMs, type Learnt } from './learnt'

/** CONN11. */
export const PONG_WITHIN_MS = 8_000
const NUMBER_MAX = 0xffff

export type Beat = 'nothing' | 'ping' | 'dead'

/**
 * When to ping, and when a connection is dead (CONN11). Pure: the caller brings the time.
 *
 * Any bytes count as a sign of life beside the pong itself: on a slow line a pong queues behind the
 * data that was asked for, and cutting such a line would begin the same data again, for ever.
 */
export class Heartbeat {
  readonly #limitMs: number
  #learnt: Learnt
  #activity: Activity
  #sentAtMs: number
  #heardAtMs: number
  #askedAtMs: number | null = null
  #tried = false
  #number = 0

  constructor(limitMs: number, learnt: Learnt, activity: Activity, nowMs: number) {
    this.#limitMs = limitMs
    this.#learnt = learnt
    this.#activity = activity
    this.#sentAtMs = nowMs
    this.#heardAtMs = nowMs
  }

  /** The number of the newest ping. */
  get number(): number {
    return this.#number
  }

  /** When `take` wants to be called next. */
  get deadlineMs(): number {
    if (this.#askedAtMs !== null) return Math.max(this.#askedAtMs, this.#heardAtMs) + PONG_WITHIN_MS
    return this.#sentAtMs + intervalMs(this.#learnt, this.#activity, this.#limitMs)
  }

  /** Whether a pong is outstanding. */
  get waiting(): boolean {
    return this.#askedAtMs !== null
  }

  /** Whether the outstanding ping tries the learnt interval: nothing went either way for so long before. */
  get tried(): boolean {
    return this.#tried
  }

  /** For how long nothing has gone either way. */
  quietMs(nowMs: number): number {
    return nowMs - Math.max(this.#sentAtMs, this.#heardAtMs)
  }

  /** Goes on with another activity, or with what was learnt since. */
  turn(activity: Activity, learnt: Learnt): void {
    this.#activity = activity
    this.#learnt = learnt
  }

  sent(nowMs: number): void {
    this.#sentAtMs = nowMs
  }

  /** Something arrived; `pong` is the number it answers, or 0. Returns whether a try succeeded. */
  heard(nowMs: number, pong: number): boolean {
    this.#heardAtMs = nowMs
    if (this.#askedAtMs === null || pong !== this.#number) return false
    const tried = this.#tried
    this.#askedAtMs = null
    this.#tried = false
    return tried
  }

  /** What is due now. */
  take(nowMs: number): Beat {
    if (nowMs < this.deadlineMs) return 'nothing'
    return this.waiting ? 'dead' : this.probe(nowMs)
  }

  /** Asks at once whether anybody is there, unless that was asked already. */
  probe(nowMs: number): Beat {
    if (this.waiting) return 'nothing'
    // A pong of the ping before came a moment after it: that much less is silence, too.
    const quietMs = this.quietMs(nowMs) + PONG_WITHIN_MS
    this.#tried = this.#activity !== 'foreground' && quietMs >= this.#learnt.intervalMs
    this.#askedAtMs = nowMs
    this.#sentAtMs = nowMs
    this.#number = (this.#number % NUMBER_MAX) + 1
    return 'ping'
  }
}
