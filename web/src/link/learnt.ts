/**
 * How long a network keeps an idle connection alive: learnt from heartbeats, one network at a time. The
 * figures are those of Tencent's Mars, which carries WeChat's connections; for what ends idle connections
 * sooner, as proxies do after a minute, there are figures of our own.
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
/** A link that ended so long after the last byte may have been ended for its silence; sooner, for another reason. */
export const CUT_QUIET_MS = 20_000
export const CUT_MARGIN_MS = 10_000
export const CUT_SHORTEST_MS = 25_000

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
  const floorMs = Math.min(learnt.intervalMs, SHORTEST_MS)
  const intervalMs = Math.max(learnt.intervalMs - learnt.stepMs, floorMs)
  return { ...learnt, intervalMs, successes: 0, failures: 0, stableSinceMs: nowMs }
}

/** A connection ended by itself after this silence, though the network was there. */
export function cut(learnt: Learnt, quietMs: number, nowMs: number): Learnt {
  if (quietMs < CUT_QUIET_MS || quietMs >= learnt.intervalMs) return learnt
  const failures = learnt.failures + 1
  if (failures < FAILURES) return { ...learnt, successes: 0, failures }
  const shorterMs = Math.max(quietMs - CUT_MARGIN_MS, CUT_SHORTEST_MS)
  const intervalMs = Math.min(shorterMs, learnt.intervalMs)
  return { ...learnt, intervalMs, successes: 0, failures: 0, stableSinceMs: nowMs }
}

function grown(learnt: Learnt, nowMs: number): Learnt {
  const intervalMs = Math.min(learnt.intervalMs + learnt.stepMs, LONGEST_MS)
  const stableSinceMs = intervalMs === LONGEST_MS ? nowMs : 0
  return { ...learnt, intervalMs, successes: 0, failures: 0, stableSinceMs }
}

/** How long to be silent before a ping; never longer than the server allows (`limitMs`). */
export function intervalMs(learnt: Learnt, activity: Activity, limitMs: number): number {
  const ownMs = activity === 'foreground' ? Math.min(SHORTEST_MS, learnt.intervalMs) : learnt.intervalMs
  return Math.min(ownMs, limitMs)
}
