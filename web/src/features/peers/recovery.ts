/**
 * When to help a broken connection: pure, the caller brings the time. An ICE restart keeps everything
 * else alive; after several without effect a new connection is made.
 */

export type RecoveryStep = 'restartIce' | 'rebuild'

export type TransportState = RTCPeerConnectionState

/** ICE often mends a short disconnection by itself. */
const DISCONNECTED_GRACE_MS = 1_500
/** Both sides would restart at the same moment; the polite one lets the other go first. */
const POLITE_DELAY_MS = 2_000
const STEP_INTERVAL_MS = 8_000
/** Of each so many steps one rebuilds. */
const STEPS_PER_REBUILD = 3

export class Recovery {
  readonly #polite: boolean
  #dueMs: number | null = null
  #steps = 0

  constructor(polite: boolean) {
    this.#polite = polite
  }

  /** There is no path now. */
  get broken(): boolean {
    return this.#dueMs !== null
  }

  /** When `take` wants to be called next, or null. */
  get deadlineMs(): number | null {
    return this.#dueMs
  }

  /** A new connection was made; ICE has one interval to open it. */
  begin(nowMs: number): void {
    this.#dueMs = nowMs + STEP_INTERVAL_MS + (this.#polite ? POLITE_DELAY_MS : 0)
  }

  update(state: TransportState, nowMs: number): void {
    if (state === 'connected' || state === 'closed') {
      this.#dueMs = null
      this.#steps = 0
      return
    }
    if (state !== 'disconnected' && state !== 'failed') return // new, connecting: ICE is at work
    const wait = (state === 'failed' ? 0 : DISCONNECTED_GRACE_MS) + (this.#polite ? POLITE_DELAY_MS : 0)
    this.#dueMs = Math.min(this.#dueMs ?? Infinity, nowMs + wait)
  }

  /** The network changed or the server is back: help now instead of at the deadline. */
  hurry(nowMs: number): void {
    if (this.#dueMs !== null) this.#dueMs = nowMs
  }

  /** What to do now, or null when it is not yet time. */
  take(nowMs: number): RecoveryStep | null {
    if (this.#dueMs === null || nowMs < this.#dueMs) return null
    this.#steps += 1
    this.#dueMs = nowMs + STEP_INTERVAL_MS
    return this.#steps % STEPS_PER_REBUILD === 0 ? 'rebuild' : 'restartIce'
  }
}
