import type { ConversationSummary } from '../../model/types'

/** More at once are summed up by the badge alone. */
const NEWS_MAX = 4

/** The conversations in which somebody else said something between two states of the list. */
export function news(
  before: readonly ConversationSummary[],
  now: readonly ConversationSummary[],
): ConversationSummary[] {
  const unreadBefore = new Map(before.map(({ log, unread }) => [log, unread]))
  return now
    .filter(({ log, unread, last }) => unread > (unreadBefore.get(log) ?? 0) && last !== null && !last.mine)
    .slice(0, NEWS_MAX)
}
