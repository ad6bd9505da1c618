/** Folds the inbox: contacts, profiles, preferences, and which conversations there are. Its events are not kept. */
import { ConversationGoneSchema, ConversationJoinedSchema } from '../schema/chat_pb'
import { ContactChangedSchema, type Contact } from '../schema/contacts_pb'
import { ProfileChangedSchema } from '../schema/identity_pb'
import { AccountChangedSchema, ConversationChangedSchema } from '../schema/preferences_pb'
import type { Change } from './change'
import { withPerson } from './conversation'
import { toAccount, toContactRecord, toPreferences } from './convert'
import type { LogEvent } from './feature'
import { decodeBody, kindOf } from './folds'
import { toPerson } from './person'
import type { Person } from './types'

const KIND_CONTACT = kindOf(ContactChangedSchema)
const KIND_PROFILE = kindOf(ProfileChangedSchema)
const KIND_JOINED = kindOf(ConversationJoinedSchema)
const KIND_GONE = kindOf(ConversationGoneSchema)
const KIND_ACCOUNT = kindOf(AccountChangedSchema)
const KIND_PREFERENCES = kindOf(ConversationChangedSchema)

export function inboxOf(user: string): string {
  return `inbox:${user}`
}

/** Applies the next events of the inbox; returns the conversations that have to be fetched. */
export function intakeInbox(change: Change, events: readonly LogEvent[]): string[] {
  const joined = new Set<string>()
  for (const event of events) {
    change.announceEvent(event)
    switch (event.kind) {
      case KIND_CONTACT:
        applyContact(change, decodeBody(ContactChangedSchema, event.body)?.contact)
        break
      case KIND_PROFILE: {
        const profile = decodeBody(ProfileChangedSchema, event.body)?.profile
        if (profile !== undefined) applyPerson(change, toPerson(profile))
        break
      }
      case KIND_ACCOUNT:
        change.putAccount(toAccount(decodeBody(AccountChangedSchema, event.body)?.account))
        break
      case KIND_PREFERENCES: {
        const changed = decodeBody(ConversationChangedSchema, event.body)?.conversation
        if (changed !== undefined) change.putPreferences(toPreferences(changed))
        break
      }
      case KIND_JOINED: {
        const log = decodeBody(ConversationJoinedSchema, event.body)?.log
        if (log !== undefined && !change.state.conversations.has(log)) joined.add(log)
        break
      }
      case KIND_GONE: {
        const log = decodeBody(ConversationGoneSchema, event.body)?.log ?? ''
        joined.delete(log)
        if (change.state.conversations.has(log)) change.dropConversation(log)
        break
      }
    }
  }
  const last = events.at(-1)
  if (last !== undefined && change.state.sync !== null)
    change.putSync({ ...change.state.sync, inboxCursor: last.seq })
  return [...joined]
}

/** A fold keeps the newest state of each relation; none at all removes the person. */
export function applyContact(change: Change, contact: Contact | undefined): void {
  if (contact?.profile === undefined) return
  const record = toContactRecord(contact)
  applyPerson(change, record.person)
  if (record.relation !== 'none' || record.blocked) change.putContact(record)
  else if (change.state.contacts.has(record.user)) change.deleteContact(record.user)
}

/** Somebody's new name or picture, wherever it shows. */
export function applyPerson(change: Change, person: Person): void {
  const { state } = change
  if (!change.putPerson(person)) return
  const contact = state.contacts.get(person.user)
  if (contact !== undefined) change.putContact({ ...contact, person })
  for (const record of [...state.conversations.values()]) {
    const changed = withPerson(record, person)
    if (changed !== record) change.putConversation(changed)
  }
  if (state.session !== null && state.session.me.user === person.user)
    change.putSession({ ...state.session, me: person })
}
