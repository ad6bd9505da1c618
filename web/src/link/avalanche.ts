/**
 * Stops a client that repeats itself for ever, before it becomes one of a million (Mars: anti-avalanche).
 * Only what is sent *again* is counted: a program that asks the same thing often has its reasons, a retry
 * that never ends has none.
 */
const REPEATS_MAX = 105
const WINDOW_MS = 3_600_000
/** Bodies remembered; the one repeated longest ago is forgotten first, and a storm is never the oldest. */
const BODIES_MAX = 512

export class Avalanche {
  /** By digest: when the window began, and how often since. The map keeps the order of the repetitions. */
  readonly #counts = new Map<string, { beganMs: number; count: number }>()

  /** Counts one repetition of a body, named by its digest; false when it was one too many. */
  allows(digest: string, nowMs: number): boolean {
    let { beganMs, count } = this.#counts.get(digest) ?? { beganMs: nowMs, count: 0 }
    if (nowMs - beganMs >= WINDOW_MS) {
      beganMs = nowMs
      count = 0
    }
    const allowed = count < REPEATS_MAX
    this.#counts.delete(digest)
    this.#counts.set(digest, { beganMs, count: allowed ? count + 1 : count })
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > BODIES_MAX && oldest !== undefined) this.#counts.delete(oldest)
    return allowed
  }
}
