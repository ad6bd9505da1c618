/** Ways to the server that failed too often are left alone for a while. Pure: the caller brings the time. */

/** So many failures among the last so many attempts. */
const FAILURES = 3
const ATTEMPTS = 8
const FIRST_BAN_MS = 6 * 60_000
const LONGEST_BAN_MS = 30 * 60_000
/** Ways remembered; the one unused for longest is forgotten first. */
const WAYS_MAX = 256

interface Remembered {
  outcomes: boolean[]
  untilMs: number
  banMs: number
}

export class Bans {
  readonly #remembered = new Map<string, Remembered>()

  /** The way led to the server: a ban that ran is over, the next begins short. */
  succeeded(way: string): void {
    const { outcomes } = this.#take(way)
    this.#put(way, { outcomes: [...outcomes, true], untilMs: 0, banMs: 0 })
  }

  /** The way did not lead to the server. */
  failed(way: string, nowMs: number): void {
    const known = this.#take(way)
    const outcomes = [...known.outcomes, false].slice(-ATTEMPTS)
    let { untilMs, banMs } = known
    if (outcomes.filter((good) => !good).length >= FAILURES && nowMs >= untilMs) {
      banMs = banMs === 0 ? FIRST_BAN_MS : Math.min(banMs * 2, LONGEST_BAN_MS)
      untilMs = nowMs + banMs
    }
    this.#put(way, { outcomes, untilMs, banMs })
  }

  /** Unix time in milliseconds; 0 for one that never was banned. */
  bannedUntilMs(way: string): number {
    return this.#remembered.get(way)?.untilMs ?? 0
  }

  /**
   * The ways to try, in their order without the banned ones. When all are banned there is nothing better:
   * they come after all, the one whose ban ends first at the head.
   */
  order(ways: readonly string[], nowMs: number): string[] {
    const allowed = ways.filter((way) => this.bannedUntilMs(way) <= nowMs)
    if (allowed.length > 0) return allowed
    return [...ways].sort((a, b) => this.bannedUntilMs(a) - this.bannedUntilMs(b))
  }

  /** Forgets everything: on another network other ways work. */
  forgive(): void {
    this.#remembered.clear()
  }

  #take(way: string): Remembered {
    const known = this.#remembered.get(way) ?? { outcomes: [], untilMs: 0, banMs: 0 }
    this.#remembered.delete(way)
    return known
  }

  #put(way: string, { outcomes, ...rest }: Remembered): void {
    this.#remembered.set(way, { outcomes: outcomes.slice(-ATTEMPTS), ...rest })
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size > WAYS_MAX && oldest !== undefined) this.#remembered.delete(oldest)
  }
}
