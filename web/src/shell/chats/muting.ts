import type { ConversationSummary } from '../../model/types'

/** For how long a conversation may be silenced. */
export const FOR_GOOD_MS = -1

const HOUR_MS = 3_600_000
const LENGTHS_MS = [HOUR_MS, 8 * HOUR_MS, 7 * 24 * HOUR_MS, FOR_GOOD_MS] as const

/** What is offered: lengths in ms, and the key of what for good is called. */
export const muteLengths = (): readonly number[] => LENGTHS_MS

export const mutedUntil = (lengthMs: number, nowMs: number): number =>
  lengthMs === FOR_GOOD_MS ? FOR_GOOD_MS : nowMs + lengthMs

/** How many messages wait in conversations that are not silenced. */
export const unreadOf = (conversations: readonly ConversationSummary[], nowMs: number): number =>
  conversations
    .filter(({ preferences }) => !isMuted(preferences.mutedUntilMs, nowMs))
    .reduce((sum, { unread }) => sum + unread, 0)

export const isMuted = (mutedUntilMs: number, nowMs: number): boolean =>
  mutedUntilMs === FOR_GOOD_MS || mutedUntilMs > nowMs
