/** CONN11. */
const PONG_WITHIN_MS = 8_000

export type HeartbeatStep = 'ping' | 'dead'

/**
 * When to ping and when to give a connection up (CONN11). Pure: the caller brings the time.
 *
 * Any bytes count as a sign of life beside the pong itself: on a slow line a pong queues behind the
 * data that was asked for, and cutting such a line would begin the same data again, for ever.
 */
export class Heartbeat {
  readonly #intervalMs: number
  #sentAtMs: number
  #heardAtMs: number
  #number = 0
  #waiting = false

  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs
    this.#sentAtMs = nowMs
    this.#heardAtMs = nowMs
  }

  /** The number of the newest ping. */
  get number(): number {
    return this.#number
  }

  /** When `take` wants to be called next. */
  get deadlineMs(): number {
    if (!this.#waiting) return this.#sentAtMs + this.#intervalMs
    return Math.max(this.#sentAtMs, this.#heardAtMs) + PONG_WITHIN_MS
  }

  sent(nowMs: number): void {
    if (!this.#waiting) this.#sentAtMs = nowMs
  }

  heard(nowMs: number, pong: number): void {
    this.#heardAtMs = nowMs
    if (this.#waiting && pong === this.#number) {
      this.#waiting = false
      this.#sentAtMs = nowMs
    }
  }

  /** Asks at once whether the other side is there: the network changed. */
  hurry(nowMs: number): void {
    if (!this.#waiting) this.#sentAtMs = nowMs - this.#intervalMs
  }

  take(nowMs: number): HeartbeatStep | null {
    if (nowMs < this.deadlineMs) return null
    if (this.#waiting) return 'dead'
    this.#waiting = true
    this.#number = (this.#number % 0xffff) + 1
    this.#sentAtMs = nowMs
    return 'ping'
  }
}
