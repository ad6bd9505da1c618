/** What is asked of the server on one connection: again after a passing refusal, and never after its end. */
import type { RpcError } from '../../link/errors'
import { retryMs } from '../../link/patience'
import type { Clock } from '../feature'

const DEADLINE_MS = 60_000

export class Attempts {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #ending = new AbortController()

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** The connection is still there. A method, so that what happens meanwhile is seen. */
  alive(): boolean {
    return !this.#ending.signal.aborted
  }

  /** Takes back the calls that wait: the next connection asks for more than they do. */
  end(): void {
    this.#ending.abort()
  }

  /** How long a call may take. */
  patience(): { deadlineMs: number; signal: AbortSignal } {
    return { deadlineMs: DEADLINE_MS, signal: this.#ending.signal }
  }

  /** Repeats what a passing refusal kept from happening, as long as the connection is the same. */
  async persistently(run: () => Promise<void>): Promise<void> {
    for (let attempt = 0; this.alive(); attempt++) {
      try {
        await run()
        return
      } catch (error) {
        const { code, retryAfterMs } = error as RpcError
        if (code === 'not_found' || code === 'unauthenticated' || code === 'permission_denied') return
        await this.pause(attempt, retryAfterMs)
      }
    }
  }

  /** Waits before the attempt after this one. */
  pause(attempt: number, atLeastMs = 0): Promise<void> {
    const durationMs = Math.max(retryMs(attempt, this.#random()), atLeastMs)
    return new Promise((resolve) => void this.#clock.after(durationMs, resolve))
  }
}
