/** Who is in a conversation, and what it is set to, after an event of its log. Pure. */
import {
  ConversationCreatedSchema,
  ConversationRenamedSchema,
  DisappearingChangedSchema,
  GroupChangedSchema,
  MemberJoinedSchema,
  MemberLeftSchema,
  MemberMutedSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  NicknameChangedSchema,
  PictureChangedSchema,
  RoleChangedSchema,
} from '../schema/chat_pb'
import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { Profile } from '../schema/identity_pb'
import { toGroupSettings, toRole } from './convert'
import type { LogEvent } from './feature'
import { decodeBody, kindOf } from './folds'
import { stranger, toPerson } from './person'
import type { ConversationRecord } from './records'
import type { Member, Role } from './types'

/** The members of a larger group are not listed (`ConversationSummary.members`), nor do their marks travel. */
export const LISTED_MAX = 50

type Step = (record: ConversationRecord, event: LogEvent, me: string) => ConversationRecord

function step<Desc extends DescMessage>(
  schema: Desc,
  apply: (
    record: ConversationRecord,
    body: MessageShape<Desc>,
    event: LogEvent,
    me: string,
  ) => ConversationRecord,
): [number, Step] {
  return [
    kindOf(schema),
    (record, event, me) => {
      const body = decodeBody(schema, event.body)
      return body === null ? record : apply(record, body, event, me)
    },
  ]
}

const STEPS = new Map<number, Step>([
  step(ConversationCreatedSchema, (record, { group, title, members }, { seq, author }, me) => {
    const owned = joining(members, seq).map((member): Member =>
      group && member.person.user === author ? { ...member, role: 'owner' } : member,
    )
    return listed({ ...record, group, title, members: owned, memberCount: owned.length }, me)
  }),
  step(MembersAddedSchema, (record, { members }, { seq }, me) => withNew(record, members, seq, me)),
  step(MemberJoinedSchema, (record, { member }, { seq }, me) =>
    withNew(record, member === undefined ? [] : [member], seq, me),
  ),
  step(MemberLeftSchema, (record, { user }, _event, me) => without(record, [user], me)),
  step(MemberRemovedSchema, (record, { users }, _event, me) => without(record, users, me)),
  step(ConversationRenamedSchema, (record, { title }) => ({ ...record, title })),
  step(PictureChangedSchema, (record, { blob }) => ({ ...record, picture: blob })),
  step(GroupChangedSchema, (record, { settings }) => ({ ...record, settings: toGroupSettings(settings) })),
  step(DisappearingChangedSchema, (record, { seconds }) => ({ ...record, disappearS: seconds })),
  step(RoleChangedSchema, (record, { user, role }, _event, me) => withRole(record, user, toRole(role), me)),
  step(MemberMutedSchema, (record, { user, untilMs }) =>
    withMember(record, user, (member) => ({ ...member, mutedUntilMs: Number(untilMs) })),
  ),
  step(NicknameChangedSchema, (record, { user, nickname }) =>
    withMember(record, user, (member) => ({ ...member, nickname })),
  ),
])

export function withMembership(record: ConversationRecord, event: LogEvent, me: string): ConversationRecord {
  return STEPS.get(event.kind)?.(record, event, me) ?? record
}

/** Kinds of events after which a list of members is another one. */
export function changesMembers(kind: number): boolean {
  return STEPS.has(kind)
}

/** New members have, and have read, what came before them; the server lists them by id. */
function joining(profiles: readonly Profile[], seq: number): Member[] {
  return profiles
    .map(({ ...profile }): Member => {
      const person = toPerson(profile)
      return { person, role: 'member', delivered: seq - 1, read: seq - 1, nickname: '', mutedUntilMs: 0 }
    })
    .sort((a, b) => (a.person.user < b.person.user ? -1 : 1))
}

function withNew(
  record: ConversationRecord,
  profiles: readonly Profile[],
  seq: number,
  me: string,
): ConversationRecord {
  const known = new Set(record.members.map(({ person }) => person.user))
  const fresh = joining(profiles, seq).filter(({ person }) => !known.has(person.user))
  const memberCount = record.memberCount + fresh.length
  return listed({ ...record, members: [...record.members, ...fresh], memberCount }, me)
}

function without(record: ConversationRecord, users: readonly string[], me: string): ConversationRecord {
  const gone = new Set(users)
  const whole = isListed(record)
  const members = record.members.filter(({ person }) => !gone.has(person.user))
  const memberCount = Math.max(
    0,
    record.memberCount - (whole ? record.members.length - members.length : gone.size),
  )
  // Who inherits a group is an event before that; in logs from before there was one, only the server knows.
  const ownerless = record.group && !members.some(({ role }) => role === 'owner')
  // A group that was large and no longer is: now everybody counts by name.
  const small = !whole && memberCount <= LISTED_MAX
  return listed({ ...record, members, memberCount, stale: record.stale || ownerless || small }, me)
}

function withRole(record: ConversationRecord, user: string, role: Role, me: string): ConversationRecord {
  const known = record.members.some(({ person }) => person.user === user)
  const named: Member = {
    person: stranger(user),
    role,
    delivered: 0,
    read: 0,
    nickname: '',
    mutedUntilMs: 0,
  }
  const all = known || role === 'member' ? record.members : [...record.members, named]
  const members = all.map((member): Member => {
    if (member.person.user === user) return { ...member, role }
    return role === 'owner' && member.role === 'owner' ? { ...member, role: 'admin' } : member
  })
  // Of somebody who was not listed until now only the id is known.
  const stale = record.stale || all !== record.members
  return listed({ ...record, members, stale }, me)
}

function withMember(
  record: ConversationRecord,
  user: string,
  alter: (member: Member) => Member,
): ConversationRecord {
  if (!record.members.some(({ person }) => person.user === user)) return record
  return {
    ...record,
    members: record.members.map((each) => (each.person.user === user ? alter(each) : each)),
  }
}

/** Whether the record names all members. */
export function isListed({ members, memberCount }: ConversationRecord): boolean {
  return members.length >= memberCount
}

/** Of a large group only oneself, the owner and the admins are kept, without the marks of others. */
function listed(record: ConversationRecord, me: string): ConversationRecord {
  if (record.memberCount <= LISTED_MAX) return record
  const members = record.members
    .filter(({ person, role }) => person.user === me || role !== 'member')
    .map((each) => (each.person.user === me ? each : { ...each, delivered: 0, read: 0 }))
  return { ...record, members }
}
