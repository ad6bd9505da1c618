/** How far back one looks. */
export const SPANS = ['ever', 'day', 'week', 'year'] as const
export type Ago = (typeof SPANS)[number]

const DAY_MS = 86_400_000
const LENGTH_MS: Record<Ago, number> = { ever: Infinity, day: DAY_MS, week: 7 * DAY_MS, year: 365 * DAY_MS }

/** 0 for no bound. */
export const since = (ago: Ago, nowMs: number): number =>
  ago === 'ever' ? 0 : Math.max(0, nowMs - LENGTH_MS[ago])
