/**
 * One race: several ways to the server, a few of them at the same time. It says which to try next and which
 * attempt to give up; the first *verified* one wins, and the caller ends the rest. Pure.
 */
const NEXT_AFTER_MS = 2_500
const IN_FLIGHT_MAX = 3
const ATTEMPT_MS_MAX = 10_000
/** Taken from what the caller (or a manifest) lists. */
const WAYS_MAX = 16

export class Race {
  readonly #waiting: string[]
  /** By way: when its attempt took too long. */
  readonly #running = new Map<string, number>()
  #nextAtMs: number

  constructor(ways: readonly string[], nowMs: number) {
    this.#waiting = [...new Set(ways)].slice(0, WAYS_MAX)
    this.#nextAtMs = nowMs
  }

  /** Whether every way failed. */
  get over(): boolean {
    return this.#waiting.length === 0 && this.#running.size === 0
  }

  /** When `start` or `late` has something new; Infinity for never. */
  get deadlineMs(): number {
    const firstEndMs = Math.min(Infinity, ...this.#running.values())
    const startable = this.#waiting.length > 0 && this.#running.size < IN_FLIGHT_MAX
    return startable ? Math.min(firstEndMs, this.#nextAtMs) : firstEndMs
  }

  /** The way to try now, or null when none is due. To be asked again until there is none. */
  start(nowMs: number): string | null {
    if (this.#running.size >= IN_FLIGHT_MAX || nowMs < this.#nextAtMs) return null
    const way = this.#waiting.shift()
    if (way === undefined) return null
    this.#running.set(way, nowMs + ATTEMPT_MS_MAX)
    this.#nextAtMs = nowMs + NEXT_AFTER_MS
    return way
  }

  /** The attempts that took too long; each still has to be reported as failed. */
  late(nowMs: number): string[] {
    return [...this.#running].filter(([, endMs]) => endMs <= nowMs).map(([way]) => way)
  }

  /** An attempt failed: the next need not wait. */
  failed(way: string, nowMs: number): void {
    if (this.#running.delete(way)) this.#nextAtMs = Math.min(this.#nextAtMs, nowMs)
  }
}
