/** Brings what `Chat.List`, `Chat.Get` and their like answer into the state (LOG13, LOG17). */
import type { Conversation } from '../schema/chat_pb'
import type { Change } from './change'
import { markOf, withinBound, withMark } from './conversation'
import { toEvent, toMember } from './convert'
import type { LogEvent } from './feature'
import type { Folds } from './folds'
import { intakeEvents } from './intake'
import type { ConversationRecord } from './records'
import { Rows, type FoldContext } from './rows'

/** Further behind than this, the newest page replaces what is stored; older ones come when looked at. */
export const JUMP_EVENTS = 500

export function contextOf({ state }: Change): FoldContext {
  return { me: state.me }
}

/**
 * Applies a conversation as the server sees it. Returns true when events are still missing: when the
 * answer brought too few, or none, of those after the cursor. `reset` replaces what is stored in any
 * case: the server has forgotten events that are stored here.
 */
export function applySnapshot(
  change: Change,
  folds: Folds,
  conversation: Conversation,
  reset = false,
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
  if (first !== undefined && first.seq > known.cursor + 1 && conversation.head - known.cursor > JUMP_EVENTS) {
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
  const members = conversation.members.map(toMember)
  const fresh: ConversationRecord = {
    log,
    group: conversation.group,
    title: conversation.title,
    picture: conversation.picture,
    members,
    joined,
    low,
    cursor: head,
    atMs: recent.at(-1)?.atMs ?? before?.atMs ?? 0,
    unreadSeqs: [],
    unreadBelow: 0,
    unreadFloor: low,
    last: rows.newest ?? before?.last ?? null,
  }
  const { read } = markOf(fresh, context.me)
  const unreadSeqs = recent
    .filter((event) => event.seq > read && folds.isUnread(event, context.me))
    .map(({ seq }) => seq)
  const unreadBelow = Math.max(0, conversation.unread - unreadSeqs.length)
  const counted = withinBound({ ...fresh, unreadSeqs, unreadBelow })
  // What was read here while offline is not unread again.
  const mine = before === undefined ? { delivered: 0, read: 0 } : markOf(before, context.me)
  change.putConversation(withMark(counted, context.me, { user: context.me, ...mine }))
  change.deleteEvents(log)
  change.putEvents(recent, false)
}

/** Takes over what events do not say: marks, profiles, picture, and what is unread below the stored events. */
function merge(change: Change, conversation: Conversation): void {
  const me = change.state.me
  let record = change.state.conversations.get(conversation.log)
  if (record === undefined) return
  const before = record
  if (record.members.length === 0) record = { ...record, members: conversation.members.map(toMember) }
  for (const member of conversation.members.map(toMember)) {
    const { user } = member.person
    record = withMark(record, me, { user, delivered: member.delivered, read: member.read })
    const members = record.members.map((each) =>
      each.person.user === user ? { ...each, person: member.person } : each,
    )
    record = { ...record, members }
  }
  const { picture, joined, unread, head } = conversation
  record = { ...record, picture, joined }
  const mine = conversation.members.find(({ profile }) => profile?.user === me)
  if (head === record.cursor && mine?.read === markOf(record, me).read)
    record = { ...record, unreadBelow: Math.max(0, unread - record.unreadSeqs.length) }
  if (!isSame(record, before)) change.putConversation(record)
}

function isSame(a: ConversationRecord, b: ConversationRecord): boolean {
  const parts = ({ members, picture, joined, unreadSeqs, unreadBelow }: ConversationRecord): string =>
    JSON.stringify([members, picture, joined, unreadSeqs, unreadBelow])
  return parts(a) === parts(b)
}
