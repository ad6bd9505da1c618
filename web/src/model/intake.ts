/** Brings events of followed logs into the state: conversations here, the inbox in `inbox.ts`. */
import {
  ConversationCreatedSchema,
  MemberJoinedSchema,
  MembersAddedSchema,
  MessageEditedSchema,
  MessageRecalledSchema,
  MessagesDisappearedSchema,
} from '../schema/chat_pb'
import type { Profile } from '../schema/identity_pb'
import { toHex } from '../link/bytes'
import type { Change } from './change'
import { withEvent } from './conversation'
import type { LogEvent } from './feature'
import { decodeBody, KIND_DISAPPEARED, KIND_EDITED, KIND_RECALLED, kindOf, type Folds } from './folds'
import { toPerson } from './person'
import type { TouchRecord } from './records'

const KIND_CREATED = kindOf(ConversationCreatedSchema)
const KIND_ADDED = kindOf(MembersAddedSchema)
const KIND_JOINED = kindOf(MemberJoinedSchema)

/** Stores and folds the next events of a conversation; they follow its cursor without a gap. */
export function intakeEvents(change: Change, folds: Folds, log: string, events: readonly LogEvent[]): void {
  const { state } = change
  let record = state.conversations.get(log)
  if (record === undefined || events.length === 0) return
  const context = { me: state.me }
  for (const event of events) {
    meet(change, event)
    record = withEvent(record, event, folds, context)
    change.announceEvent(event)
    // Our own message has arrived: what the outbox showed for it is now a row.
    if (event.author === state.me && event.key.length > 0) change.deleteOutbox(toHex(event.key))
  }
  change.putEvents(events, touchesOf(events, folds))
  change.putConversation(record)
  for (const event of events) for (const seq of goneBy(event)) change.eraseMessage(log, seq, KIND_EDITED)
}

/** Which rows of the past events change: how a stretch of it is shown without all that came after it. */
export function touchesOf(events: readonly LogEvent[], folds: Folds): TouchRecord[] {
  return events.flatMap((event) =>
    folds.targets(event).map((target) => ({ log: event.log, target, seq: event.seq })),
  )
}

/** The messages whose bodies are erased by an event. */
function goneBy({ kind, body }: LogEvent): readonly number[] {
  if (kind === KIND_RECALLED) {
    const recalled = decodeBody(MessageRecalledSchema, body)
    return recalled === null ? [] : [recalled.seq]
  }
  return kind === KIND_DISAPPEARED ? (decodeBody(MessagesDisappearedSchema, body)?.seqs ?? []) : []
}

/** The messages an event gives other words, or none. */
export function rewordedBy(event: LogEvent): readonly number[] {
  if (event.kind !== KIND_EDITED) return goneBy(event)
  const edited = decodeBody(MessageEditedSchema, event.body)
  return edited === null ? [] : [edited.seq]
}

/** Remembers who the people are whom an event introduces, so that rows can name them after they left. */
function meet(change: Change, event: LogEvent): void {
  for (const profile of introducedBy(event)) {
    if (!change.state.people.has(profile.user)) change.putPerson(toPerson(profile))
  }
}

function introducedBy({ kind, body }: LogEvent): readonly Profile[] {
  switch (kind) {
    case KIND_CREATED:
      return decodeBody(ConversationCreatedSchema, body)?.members ?? []
    case KIND_ADDED:
      return decodeBody(MembersAddedSchema, body)?.members ?? []
    case KIND_JOINED: {
      const member = decodeBody(MemberJoinedSchema, body)?.member
      return member === undefined ? [] : [member]
    }
    default:
      return []
  }
}
