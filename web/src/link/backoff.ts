const FIRST_MS = 500
const LONGEST_MS = 30_000

/** CONN14: how long to wait before retry number `attempt` (0 is the first); `random` is in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(FIRST_MS * 2 ** Math.min(attempt, 16), LONGEST_MS)
  return full * (1 - random / 2)
}
