/** Time as the link and the model see it, so that tests can turn it by hand. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number
  /** Runs `run` once after `delayMs`; returns the canceller. */
  after(delayMs: number, run: () => void): () => void
}

/** Timers of more than 2^31-1 ms fire at once in browsers; nothing of ours waits longer than a day. */
const DELAY_MAX_MS = 24 * 3600 * 1000

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), DELAY_MAX_MS))
    return () => clearTimeout(timer)
  },
}
