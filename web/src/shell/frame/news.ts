import type { ConversationSummary } from '../../model/types'
import { isMuted } from '../chats/muting'

/** More at once are summed up by the badge alone. */
const NEWS_MAX = 4

/**
 * The conversations in which somebody else said something between two states of the list. Of one that is
 * silenced only a mention counts, where the person wants to hear of these.
 */
export function news(
  before: readonly ConversationSummary[],
  now: readonly ConversationSummary[],
  nowMs: number,
): ConversationSummary[] {
  const known = new Map(before.map((one) => [one.log, one]))
  const isNew = ({ log, unread, mentioned, preferences }: ConversationSummary): boolean =>
    isMuted(preferences.mutedUntilMs, nowMs)
      ? preferences.mentionsNotify && mentioned > (known.get(log)?.mentioned ?? 0)
      : unread > (known.get(log)?.unread ?? 0)
  return now.filter((one) => one.last !== null && !one.last.mine && isNew(one)).slice(0, NEWS_MAX)
}
