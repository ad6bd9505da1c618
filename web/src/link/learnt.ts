/**
 * How long a network keeps an idle connection alive: learnt from heartbeats, one network at a time. The
 * figures are those of Tencent's Mars, which carries WeChat's connections.
 */
import type { Activity } from './activity'

export const SHORTEST_MS = 210_000
export const LONGEST_MS = 600_000
export const STEP_MS = 60_000
/** After what was found has held for a while, a smaller step asks whether more is possible now. */
export const LATER_STEP_MS = 20_000
export const LATER_AFTER_MS = 7 * 24 * 3600 * 1000
/** So many pings in a row have to be answered before the interval grows, and so many not before it shrinks. */
export const SUCCESSES = 5
export const FAILURES = 2

/** What is known about one network. Times are Unix time: it outlives the page. */
export interface Learnt {
  readonly intervalMs: number
  readonly stepMs: number
  readonly successes: number
  readonly failures: number
  /** 0: still growing. */
  readonly stableSinceMs: number
}

export const NOTHING_LEARNT: Learnt = {
  intervalMs: SHORTEST_MS,
  stepMs: STEP_MS,
  successes: 0,
  failures: 0,
  stableSinceMs: 0,
}

/** A ping after this interval of silence was answered. */
export function succeeded(learnt: Learnt, nowMs: number): Learnt {
  if (learnt.stableSinceMs !== 0) {
    if (nowMs - learnt.stableSinceMs < LATER_AFTER_MS || learnt.intervalMs >= LONGEST_MS)
      return learnt.failures === 0 ? learnt : { ...learnt, failures: 0 }
    return grown({ ...learnt, stableSinceMs: 0, stepMs: LATER_STEP_MS }, nowMs)
  }
  const successes = learnt.successes + 1
  return successes < SUCCESSES ? { ...learnt, successes, failures: 0 } : grown(learnt, nowMs)
}

/** A ping after this interval of silence was not answered, though the network was there. */
export function failed(learnt: Learnt, nowMs: number): Learnt {
  const failures = learnt.failures + 1
  if (failures < FAILURES) return { ...learnt, successes: 0, failures }
  const intervalMs = Math.max(learnt.intervalMs - learnt.stepMs, SHORTEST_MS)
  return { ...learnt, intervalMs, successes: 0, failures: 0, stableSinceMs: nowMs }
}

function grown(learnt: Learnt, nowMs: number): Learnt {
  const intervalMs = Math.min(learnt.intervalMs + learnt.stepMs, LONGEST_MS)
  const stableSinceMs = intervalMs === LONGEST_MS ? nowMs : 0
  return { ...learnt, intervalMs, successes: 0, failures: 0, stableSinceMs }
}

/** How long to be silent before a ping; never longer than the server allows (`limitMs`). */
export function intervalMs(learnt: Learnt, activity: Activity, limitMs: number): number {
  return Math.min(activity === 'foreground' ? SHORTEST_MS : learnt.intervalMs, limitMs)
}
