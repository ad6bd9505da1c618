/** Brings events of followed logs into the state: conversations here, the inbox in `inbox.ts`. */
import { MessageRecalledSchema, MembersAddedSchema, ConversationCreatedSchema } from '../schema/chat_pb'
import { toHex } from '../link/bytes'
import type { Change } from './change'
import { withEvent } from './conversation'
import { toPerson } from './convert'
import type { LogEvent } from './feature'
import { decodeBody, kindOf, KIND_RECALLED, type Folds } from './folds'

const KIND_CREATED = kindOf(ConversationCreatedSchema)
const KIND_ADDED = kindOf(MembersAddedSchema)

/** Stores and folds the next events of a conversation; they follow its cursor without a gap. */
export function intakeEvents(change: Change, folds: Folds, log: string, events: readonly LogEvent[]): void {
  const { state } = change
  let record = state.conversations.get(log)
  if (record === undefined || events.length === 0) return
  const context = { me: state.me }
  for (const event of events) {
    meet(change, event)
    record = withEvent(record, event, folds, context)
    // Our own message has arrived: what the outbox showed for it is now a row.
    if (event.author === state.me && event.key.length > 0) change.deleteOutbox(toHex(event.key))
  }
  change.putEvents(events, true)
  change.putConversation(record)
  for (const event of events) {
    const recalled = event.kind === KIND_RECALLED ? decodeBody(MessageRecalledSchema, event.body) : null
    if (recalled !== null) change.eraseEvent(log, recalled.seq)
  }
}

/** Remembers who the people are whom an event introduces, so that rows can name them after they left. */
function meet(change: Change, event: LogEvent): void {
  if (event.kind !== KIND_CREATED && event.kind !== KIND_ADDED) return
  const schema = event.kind === KIND_CREATED ? ConversationCreatedSchema : MembersAddedSchema
  for (const profile of decodeBody(schema, event.body)?.members ?? []) {
    if (!change.state.people.has(profile.user)) change.putPerson(toPerson(profile))
  }
}
