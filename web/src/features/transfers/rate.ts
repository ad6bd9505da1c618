/** How fast a transfer goes, calm enough to read. Pure. */

export interface RateSample {
  bytes: number
  atMs: number
  bytesPerS: number
}

const WINDOW_MS = 500
/** Weight of the newest stretch. */
const NEWEST = 0.4

/** A new sample once a stretch is long enough; the old one until then. A counter that goes back starts over. */
export function smoothed(before: RateSample | undefined, bytes: number, nowMs: number): RateSample {
  if (before === undefined || bytes < before.bytes) return { bytes, atMs: nowMs, bytesPerS: 0 }
  const elapsedMs = nowMs - before.atMs
  if (elapsedMs < WINDOW_MS) return before
  const newest = ((bytes - before.bytes) * 1000) / elapsedMs
  const bytesPerS = before.bytesPerS === 0 ? newest : before.bytesPerS * (1 - NEWEST) + newest * NEWEST
  return { bytes, atMs: nowMs, bytesPerS }
}

export interface TimeLeft {
  count: number
  unit: 's' | 'min' | 'h'
}

/** Longer than a day is no estimate. */
const LEFT_S_MAX = 24 * 3600
/** Seconds jump less when they are told in fives. */
const STEP_S = 5

/** How long it takes at this rate, as one would say it; null when there is nothing to say. */
export function timeLeft(leftBytes: number, bytesPerS: number): TimeLeft | null {
  const leftS = leftBytes / bytesPerS
  if (leftBytes <= 0 || bytesPerS <= 0 || leftS > LEFT_S_MAX) return null
  if (leftS < 60) return { count: Math.max(STEP_S, Math.ceil(leftS / STEP_S) * STEP_S), unit: 's' }
  return leftS < 3600
    ? { count: Math.ceil(leftS / 60), unit: 'min' }
    : { count: Math.round(leftS / 3600), unit: 'h' }
}
