/** From what travels to what the model keeps. 64-bit numbers become plain ones here and nowhere else. */
import { unpackBody } from '../link/bodies'
import { Role, type Content as WireContent, type Member as WireMember } from '../schema/chat_pb'
import type { Contact as WireContact } from '../schema/contacts_pb'
import { Relation as WireRelation } from '../schema/contacts_pb'
import type { Device as WireDevice, Profile, SessionReply } from '../schema/identity_pb'
import type { Event } from '../schema/log_pb'
import type { LogEvent } from './feature'
import type { ContactRecord } from './records'
import type { Contact, Content, Device, Member, Person, Relation, Session } from './types'

const RELATIONS: Readonly<Partial<Record<number, Relation>>> = {
  [WireRelation.NONE]: 'none',
  [WireRelation.REQUESTED]: 'requested',
  [WireRelation.ASKED]: 'asked',
  [WireRelation.CONTACT]: 'contact',
  [WireRelation.SELF]: 'self',
}

const NOBODY: Person = { user: '', handle: '', name: '', picture: '', about: '' }

export function toPerson(profile: Profile | undefined): Person {
  if (profile === undefined) return NOBODY
  const { user, handle, name, picture, about } = profile
  return { user, handle, name, picture, about }
}

/** Somebody of whom only the id is known. */
export function stranger(user: string): Person {
  return { ...NOBODY, user }
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

export function toMember({ profile, role, delivered, read }: WireMember): Member {
  return { person: toPerson(profile), owner: role === Role.OWNER, delivered, read }
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

/** Null for a kind of content that is newer than this client. */
export function toContent(content: WireContent | undefined): Content | null {
  switch (content?.kind.case) {
    case 'text':
      return { kind: 'text', text: content.kind.value }
    case 'picture': {
      const { blob, thumbnail, width, height, name, sizeBytes, mediaType } = content.kind.value
      return { kind: 'picture', blob, thumbnail, width, height, name, sizeBytes, mediaType }
    }
    case 'file': {
      const { blob, name, sizeBytes, mediaType } = content.kind.value
      return { kind: 'file', blob, name, sizeBytes: Number(sizeBytes), mediaType }
    }
    default:
      return null
  }
}
