/** How events and marks change a conversation's record. Pure: records in, records out. */
import type { LogEvent } from './feature'
import type { Folds } from './folds'
import { withMembership } from './membership'
import type { ConversationRecord } from './records'
import { Rows, type FoldContext } from './rows'
import type { Person } from './types'
import { withRead, withUnread } from './unread'

/** Of a conversation nothing is known of yet but its name. */
export function emptyRecord(log: string): ConversationRecord {
  return {
    log,
    group: false,
    title: '',
    picture: '',
    saved: false,
    members: [],
    memberCount: 0,
    stale: false,
    settings: null,
    disappearS: 0,
    joined: 1,
    low: 1,
    cursor: 0,
    atMs: 0,
    unreadSeqs: [],
    unreadBelow: 0,
    unreadFloor: 1,
    mentionFloor: 1,
    mentionSeqs: [],
    mentionedBelow: 0,
    firstMentionBelow: 0,
    last: null,
  }
}

/** The record after the next event of its log. */
export function withEvent(
  record: ConversationRecord,
  event: LogEvent,
  folds: Folds,
  context: FoldContext,
): ConversationRecord {
  const rows = new Rows(record.log, context, record.last === null ? [] : [record.last])
  folds.apply(rows, event)
  const moved = { ...record, cursor: event.seq, atMs: event.atMs, last: rows.newest }
  return withUnread(withMembership(moved, event, context.me), event, folds, context.me)
}

/** Raises a member's marks; lower ones change nothing. */
export function withMark(
  record: ConversationRecord,
  me: string,
  mark: { user: string; delivered: number; read: number },
): ConversationRecord {
  const member = record.members.find(({ person }) => person.user === mark.user)
  if (member === undefined || (mark.delivered <= member.delivered && mark.read <= member.read)) return record
  const raised = {
    ...member,
    delivered: Math.max(member.delivered, mark.delivered, mark.read),
    read: Math.max(member.read, mark.read),
  }
  const members = record.members.map((each) => (each === member ? raised : each))
  const marked = { ...record, members }
  return mark.user === me ? withRead(marked, raised.read) : marked
}

/** The record with a person's new profile, or the same record when the person is not in it. */
export function withPerson(record: ConversationRecord, person: Person): ConversationRecord {
  if (!record.members.some((member) => member.person.user === person.user)) return record
  const members = record.members.map((member) =>
    member.person.user === person.user ? { ...member, person } : member,
  )
  return { ...record, members }
}
