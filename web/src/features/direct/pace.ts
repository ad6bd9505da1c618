/** `burst` at once and `aS` a second in the long run. Time comes from the caller, in milliseconds. */
export class Pace {
  readonly #burst: number
  readonly #aS: number
  #left: number
  #atMs: number | null = null

  constructor(burst: number, aS: number) {
    this.#burst = burst
    this.#aS = aS
    this.#left = burst
  }

  /** Counts one, if there is room for it. */
  allows(nowMs: number): boolean {
    if (this.#atMs !== null) {
      const refilled = (Math.max(0, nowMs - this.#atMs) / 1000) * this.#aS
      this.#left = Math.min(this.#burst, this.#left + refilled)
    }
    this.#atMs = nowMs
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
