import type { LogEvent } from './feature'
import type { Folds } from './folds'
import type { ConversationRecord } from './records'
import { markOf } from './unread'

/**
 * The record once older events are stored: what is unread among them is known one by one. Whom they mention is not:
 * later events may have given them other words.
 */
export function withOlder(
  record: ConversationRecord,
  events: readonly LogEvent[],
  folds: Folds,
  me: string,
): ConversationRecord {
  const low = Math.min(record.low, events[0]?.seq ?? record.low)
  // Beyond the bound of unread events the floor lies higher; then only their number is known.
  if (record.unreadFloor !== record.low) return { ...record, low }
  const { read } = markOf(record, me)
  const unread = events.filter(
    (event) => event.seq < record.low && event.seq > read && folds.isUnread(event, me),
  )
  const reached = low <= read + 1
  return {
    ...record,
    low,
    unreadFloor: low,
    unreadSeqs: [...unread.map(({ seq }) => seq), ...record.unreadSeqs],
    unreadBelow: reached ? 0 : Math.max(0, record.unreadBelow - unread.length),
  }
}
