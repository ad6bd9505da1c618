/** How fast a sender may be (XFER14). */

/** What may go at once after a pause. */
const BURST_MS = 250

/** So many bytes a second; null is no limit. Time comes from the caller. */
export class RateLimit {
  readonly #bytesPerS: number | null
  #owedUntilMs = 0

  constructor(bytesPerS: number | null) {
    this.#bytesPerS = bytesPerS
  }

  /** How long to wait before the next piece. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#owedUntilMs - nowMs)
  }

  /** Counts a piece that goes now. One that is larger than what is left is paid off afterwards. */
  spend(sizeBytes: number, nowMs: number): void {
    if (this.#bytesPerS === null) return
    const startMs = Math.max(this.#owedUntilMs, nowMs - BURST_MS)
    this.#owedUntilMs = startMs + (sizeBytes * 1000) / this.#bytesPerS
  }
}
