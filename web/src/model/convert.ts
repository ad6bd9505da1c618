/** From what travels to what the model keeps. 64-bit numbers become plain ones here and in `content.ts`. */
import { unpackBody } from '../link/bodies'
import {
  Inviting,
  Role as WireRole,
  type GroupSettings as WireGroupSettings,
  type Member as WireMember,
} from '../schema/chat_pb'
import type { Contact as WireContact } from '../schema/contacts_pb'
import { Relation as WireRelation } from '../schema/contacts_pb'
import type { Device as WireDevice, SessionReply } from '../schema/identity_pb'
import type { Event } from '../schema/log_pb'
import { Audience, type Account, type Conversation as WirePreferences } from '../schema/preferences_pb'
import type { LogEvent } from './feature'
import { toPerson } from './person'
import type { ContactRecord, PreferenceRecord } from './records'
import type {
  AccountPreferences,
  Contact,
  ConversationPreferences,
  Device,
  GroupSettings,
  Member,
  Relation,
  Role,
  Session,
} from './types'

const RELATIONS: Readonly<Partial<Record<number, Relation>>> = {
  [WireRelation.NONE]: 'none',
  [WireRelation.REQUESTED]: 'requested',
  [WireRelation.ASKED]: 'asked',
  [WireRelation.CONTACT]: 'contact',
  [WireRelation.SELF]: 'self',
}

const ROLES: Readonly<Partial<Record<number, Role>>> = {
  [WireRole.MEMBER]: 'member',
  [WireRole.ADMIN]: 'admin',
  [WireRole.OWNER]: 'owner',
}

export function toSession({ profile, device, admin }: SessionReply): Session {
  return { me: toPerson(profile), device, admin }
}

/** Throws `RpcError` for a body that cannot be unpacked. */
export function toEvent(event: Event): LogEvent {
  unpackBody(event) // an event in a page is packed by itself, as it was when it was pushed
  const { log, seq, kind, author, atMs, key, body } = event
  return { log, seq, kind, author, atMs: Number(atMs), key, body }
}

export function toMember({ profile, role, delivered, read, nickname, mutedUntilMs }: WireMember): Member {
  const mutedUntil = Number(mutedUntilMs)
  return {
    person: toPerson(profile),
    role: toRole(role),
    delivered,
    read,
    nickname,
    mutedUntilMs: mutedUntil,
  }
}

/** A role that is newer than this client is believed to be able to do nothing special. */
export function toRole(role: WireRole): Role {
  return ROLES[role] ?? 'member'
}

export function toWireRole(role: Role): WireRole {
  return { member: WireRole.MEMBER, admin: WireRole.ADMIN, owner: WireRole.OWNER }[role]
}

export function toGroupSettings(settings: WireGroupSettings | undefined): GroupSettings {
  const {
    inviting,
    approval = false,
    history = false,
    adminsWrite = false,
    announcement = '',
  } = settings ?? {}
  return {
    inviting: inviting === Inviting.ADMINS ? 'admins' : 'members',
    approval,
    history,
    adminsWrite,
    announcement,
  }
}

export const NO_PREFERENCES: ConversationPreferences = {
  pinnedAtMs: 0,
  mutedUntilMs: 0,
  hidden: false,
  markedUnread: false,
  mentionsNotify: false,
}

export function noPreferences(log: string): PreferenceRecord {
  const { pinnedAtMs, mutedUntilMs, markedUnread, mentionsNotify } = NO_PREFERENCES
  return { log, pinnedAtMs, mutedUntilMs, hiddenSeq: 0, markedUnread, mentionsNotify }
}

export function toPreferences(wire: WirePreferences): PreferenceRecord {
  const { log, pinnedAtMs, mutedUntilMs, hiddenSeq, unread, mentions } = wire
  return {
    log,
    pinnedAtMs: Number(pinnedAtMs),
    mutedUntilMs: Number(mutedUntilMs),
    hiddenSeq,
    markedUnread: unread,
    mentionsNotify: mentions,
  }
}

export function toAccount(account: Account | undefined): AccountPreferences {
  const { lastSeen, hidePushContent = false, quiet, language = '', pushOff = false } = account ?? {}
  const { directText = false } = account ?? {}
  const { fromMin = 0, toMin = 0, zone = '' } = quiet ?? {}
  return {
    lastSeen: lastSeen === Audience.NOBODY ? 'nobody' : 'contacts',
    hidePushContent,
    quiet: { fromMin, toMin, zone },
    language,
    pushOff,
    directText,
  }
}

export function toContactRecord({ profile, relation, blocked, greeting }: WireContact): ContactRecord {
  const person = toPerson(profile)
  return { user: person.user, person, relation: RELATIONS[relation] ?? 'none', blocked, greeting }
}

export function toContact({ person, relation, blocked, greeting }: ContactRecord): Contact {
  return { person, relation, blocked, greeting }
}

export function toDevice({ device, name, createdAtMs, seenAtMs, current, online }: WireDevice): Device {
  return { device, name, createdAtMs: Number(createdAtMs), seenAtMs: Number(seenAtMs), current, online }
}
