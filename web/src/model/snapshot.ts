/** Brings what `Chat.List`, `Chat.Get` and their like answer into the state (LOG13, LOG17). */
import type { Conversation } from '../schema/chat_pb'
import type { Change } from './change'
import { emptyRecord, withMark, withPerson } from './conversation'
import { toEvent, toGroupSettings, toMember } from './convert'
import type { LogEvent } from './feature'
import type { Folds } from './folds'
import { intakeEvents, touchesOf } from './intake'
import type { ConversationRecord } from './records'
import { Rows, type FoldContext } from './rows'
import type { Member } from './types'
import { markOf, mentionsIn, withinBound, withRead } from './unread'

/** Further behind than this, the newest page replaces what is stored; older ones come when looked at. */
export const JUMP_EVENTS = 500

export function contextOf({ state }: Change): FoldContext {
  return { me: state.me }
}

/**
 * Applies a conversation as the server sees it. Returns true when events are still missing: when the
 * answer brought too few, or none, of those after the cursor. `reset` replaces what is stored in any
 * case: the server has forgotten events that are stored here. A conversation further behind than `jump` is not
 * caught up but begins anew.
 */
export function applySnapshot(
  change: Change,
  folds: Folds,
  conversation: Conversation,
  { reset = false, jump = JUMP_EVENTS }: { reset?: boolean; jump?: number } = {},
): boolean {
  const members = conversation.members.map(toMember)
  for (const { person } of members) change.putPerson(person)
  const recent = usable(conversation)
  const known = change.state.conversations.get(conversation.log)
  if (known === undefined || reset) {
    replace(change, folds, conversation, recent)
    return recent.length === 0 && conversation.head >= conversation.joined
  }
  const first = recent[0]
  if (first !== undefined && first.seq > known.cursor + 1 && conversation.head - known.cursor > jump) {
    replace(change, folds, conversation, recent)
    return false
  }
  const follows = first !== undefined && first.seq <= known.cursor + 1
  if (follows)
    intakeEvents(
      change,
      folds,
      known.log,
      recent.filter(({ seq }) => seq > known.cursor),
    )
  merge(change, conversation)
  return !follows && conversation.head > known.cursor
}

/** The newest events, when they reach up to the head as they should. */
function usable({ log, recent, head }: Conversation): LogEvent[] {
  const events = recent.map(toEvent)
  const whole = events.every(
    (event, place) => event.log === log && event.seq === head - events.length + 1 + place,
  )
  return whole ? events : []
}

function replace(
  change: Change,
  folds: Folds,
  conversation: Conversation,
  recent: readonly LogEvent[],
): void {
  const context = contextOf(change)
  const { log, head, joined } = conversation
  const before = change.state.conversations.get(log)
  const low = recent[0]?.seq ?? head + 1
  const rows = new Rows(log, context)
  for (const event of recent) folds.apply(rows, event)
  const fresh: ConversationRecord = {
    ...emptyRecord(log),
    ...describedBy(conversation),
    members: conversation.members.map(toMember),
    joined,
    low,
    cursor: head,
    atMs: recent.at(-1)?.atMs ?? before?.atMs ?? 0,
    unreadFloor: low,
    mentionFloor: low,
    last: rows.newest ?? before?.last ?? null,
  }
  const { read } = markOf(fresh, context.me)
  const unread = recent.filter((event) => event.seq > read && folds.isUnread(event, context.me))
  const mentionSeqs = mentionsIn(recent, context.me).filter((seq) => seq > read)
  const counted = withinBound({
    ...fresh,
    unreadSeqs: unread.map(({ seq }) => seq),
    mentionSeqs,
    ...below(conversation, unread.length, mentionSeqs.length),
  })
  // What was read here while offline is not unread again.
  const mine = before === undefined ? { delivered: 0, read: 0 } : markOf(before, context.me)
  change.putConversation(withMark(counted, context.me, { user: context.me, ...mine }))
  change.deleteEvents(log)
  change.putEvents(recent, touchesOf(recent, folds))
}

/** What a conversation is called, and set to. */
function describedBy(conversation: Conversation): Partial<ConversationRecord> {
  const { group, title, picture, saved, memberCount, members, settings, disappearS } = conversation
  return {
    group,
    title,
    picture,
    saved,
    memberCount: Math.max(memberCount, members.length),
    settings: group ? toGroupSettings(settings) : null,
    disappearS,
  }
}

/** What the server counted beyond the events that are known one by one. */
function below(
  { unread, mentioned, firstMention }: Conversation,
  known: number,
  knownMentions: number,
): Pick<ConversationRecord, 'unreadBelow' | 'mentionedBelow' | 'firstMentionBelow'> {
  const mentionedBelow = Math.max(0, mentioned - knownMentions)
  const firstMentionBelow = mentionedBelow > 0 ? firstMention : 0
  return { unreadBelow: Math.max(0, unread - known), mentionedBelow, firstMentionBelow }
}

/**
 * Takes over what the events do not say. At the same head the server's word is the whole truth; otherwise
 * only marks and profiles are.
 */
function merge(change: Change, conversation: Conversation): void {
  const me = change.state.me
  const before = change.state.conversations.get(conversation.log)
  if (before === undefined) return
  const current = conversation.head === before.cursor
  const listed = conversation.members.map(toMember)
  let record: ConversationRecord = { ...before, joined: conversation.joined }
  if (current) record = { ...record, ...describedBy(conversation) }
  if (listed.length > 0 && (current || record.members.length === 0))
    record = { ...record, stale: false, members: listed.map((member) => withMarksOf(member, record)) }
  for (const member of listed) {
    const { user } = member.person
    record = withMark(record, me, { user, delivered: member.delivered, read: member.read })
    record = withPerson(record, member.person)
  }
  record = withMark(record, me, { user: me, ...markOf(before, me) })
  record = withRead(record, markOf(record, me).read)
  const mine = conversation.members.find(({ profile }) => profile?.user === me)
  if (current && mine?.read === markOf(record, me).read)
    record = { ...record, ...below(conversation, record.unreadSeqs.length, record.mentionSeqs.length) }
  if (!isSame(record, before)) change.putConversation(record)
}

/** As marks are known here: `withMark` raises them. */
function withMarksOf(member: Member, { members }: ConversationRecord): Member {
  const known = members.find(({ person }) => person.user === member.person.user)
  return known === undefined ? member : { ...member, delivered: known.delivered, read: known.read }
}

function isSame(a: ConversationRecord, b: ConversationRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
