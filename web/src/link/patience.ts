/** Waiting times in milliseconds. Pure; `chance` is in [0, 1) and spreads what many clients do at once. */
import type { Activity } from './activity'
import { PONG_WITHIN_MS } from './heartbeat'

const FIRST_MS = 500
const LONGEST_MS = 30_000
/** Nobody waits for it: how far the time between attempts may grow. */
const RECONNECT_LONGEST_MS: Readonly<Record<Activity, number>> = {
  foreground: LONGEST_MS,
  background: 240_000,
  inactive: 600_000,
}
/** 2^16 times the first wait is beyond every bound; a larger exponent would only overflow. */
const DOUBLINGS_MAX = 16

/** fast: cable, wireless LAN. */
export type Network = 'fast' | 'mobile'

/** The wait for a first answer, the slowest rate, the longest wait. */
const NETWORKS: Readonly<Record<Network, { baseMs: number; bytesPerS: number; longestMs: number }>> = {
  fast: { baseMs: 12_000, bytesPerS: 12 * 1024, longestMs: 22_000 },
  mobile: { baseMs: 15_000, bytesPerS: 4 * 1024, longestMs: 30_000 },
}

/** After which silence a carrier that was given `sizeBytes` has to be taken for dead. */
export function firstPacketMs(sizeBytes: number, network: Network): number {
  const { baseMs, bytesPerS, longestMs } = NETWORKS[network]
  return Math.min(baseMs + (sizeBytes / bytesPerS) * 1000, longestMs)
}

/**
 * After which silence to ping, so that the missing pong tells by `firstPacketMs`. A server may think
 * longer about an answer than that; its pong does not.
 */
export function probeAfterMs(sizeBytes: number, network: Network): number {
  return firstPacketMs(sizeBytes, network) - PONG_WITHIN_MS
}

/** The wait before retry number `attempt` (0 is the first) of a request (CONN14). */
export function retryMs(attempt: number, chance: number): number {
  return backoffMs(attempt, chance, LONGEST_MS)
}

/** The wait before attempt number `attempt` to connect again (CONN19). */
export function reconnectMs(attempt: number, chance: number, activity: Activity): number {
  return backoffMs(attempt, chance, RECONNECT_LONGEST_MS[activity])
}

function backoffMs(attempt: number, chance: number, longestMs: number): number {
  return Math.min(FIRST_MS * 2 ** Math.min(attempt, DOUBLINGS_MAX), longestMs) * (1 - chance / 2)
}
