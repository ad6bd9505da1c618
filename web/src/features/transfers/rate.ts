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
