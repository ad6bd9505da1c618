/** How events and marks change a conversation's record. Pure: records in, records out. */
import {
  ConversationCreatedSchema,
  ConversationRenamedSchema,
  MemberLeftSchema,
  MembersAddedSchema,
  MessageRecalledSchema,
} from '../schema/chat_pb'
import type { Profile } from '../schema/identity_pb'
import { toPerson } from './convert'
import type { LogEvent } from './feature'
import { decodeBody, kindOf, KIND_RECALLED, type Folds } from './folds'
import type { ConversationRecord } from './records'
import { Rows, type FoldContext } from './rows'
import type { Member, Person } from './types'

/** Unread events kept one by one; of more only the number is known. */
export const UNREAD_SEQS_MAX = 1_000

const KIND_CREATED = kindOf(ConversationCreatedSchema)
const KIND_ADDED = kindOf(MembersAddedSchema)
const KIND_LEFT = kindOf(MemberLeftSchema)
const KIND_RENAMED = kindOf(ConversationRenamedSchema)

export function unreadOf({ unreadSeqs, unreadBelow }: ConversationRecord): number {
  return unreadSeqs.length + unreadBelow
}

/** The number below the floor is only right for the read mark it was counted for. */
export function isUncertain(before: ConversationRecord, after: ConversationRecord, me: string): boolean {
  return after.unreadBelow > 0 && markOf(after, me).read > markOf(before, me).read
}

export function markOf({ members }: ConversationRecord, user: string): { delivered: number; read: number } {
  return members.find(({ person }) => person.user === user) ?? { delivered: 0, read: 0 }
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
  return withUnread(withMembership(moved, event), event, folds, context.me)
}

function withUnread(
  record: ConversationRecord,
  event: LogEvent,
  folds: Folds,
  me: string,
): ConversationRecord {
  if (event.kind === KIND_RECALLED) return withoutRecalled(record, event, me)
  if (!folds.isUnread(event, me) || event.seq <= markOf(record, me).read) return record
  return withinBound({ ...record, unreadSeqs: [...record.unreadSeqs, event.seq] })
}

/** A message that was taken back is not unread; only its author can take it back. */
function withoutRecalled(record: ConversationRecord, event: LogEvent, me: string): ConversationRecord {
  const recalled = decodeBody(MessageRecalledSchema, event.body)?.seq ?? 0
  const counted = event.author !== me && recalled > markOf(record, me).read && recalled >= record.joined
  const below = counted && recalled < record.unreadFloor ? 1 : 0
  return {
    ...record,
    unreadSeqs: record.unreadSeqs.filter((seq) => seq !== recalled),
    unreadBelow: Math.max(0, record.unreadBelow - below),
  }
}

/** Turns the oldest unread events beyond the bound into a mere number. */
export function withinBound(record: ConversationRecord): ConversationRecord {
  const excess = record.unreadSeqs.length - UNREAD_SEQS_MAX
  if (excess <= 0) return record
  const unreadSeqs = record.unreadSeqs.slice(excess)
  const unreadFloor = unreadSeqs[0] ?? record.unreadFloor
  return { ...record, unreadSeqs, unreadFloor, unreadBelow: record.unreadBelow + excess }
}

function withMembership(record: ConversationRecord, event: LogEvent): ConversationRecord {
  switch (event.kind) {
    case KIND_CREATED: {
      const created = decodeBody(ConversationCreatedSchema, event.body)
      if (created === null) return record
      const members = joining(created.members, event.seq)
      const owned = members.map((member) => ({
        ...member,
        owner: created.group && member.person.user === event.author,
      }))
      return { ...record, group: created.group, title: created.title, members: owned }
    }
    case KIND_ADDED: {
      const added = decodeBody(MembersAddedSchema, event.body)?.members ?? []
      const known = new Set(record.members.map(({ person }) => person.user))
      const fresh = joining(added, event.seq).filter(({ person }) => !known.has(person.user))
      return { ...record, members: [...record.members, ...fresh] }
    }
    case KIND_LEFT: {
      const user = decodeBody(MemberLeftSchema, event.body)?.user
      return { ...record, members: without(record.members, user) }
    }
    case KIND_RENAMED:
      return { ...record, title: decodeBody(ConversationRenamedSchema, event.body)?.title ?? record.title }
    default:
      return record
  }
}

/** New members have, and have read, what came before them; the server lists them by id. */
function joining(profiles: readonly Profile[], seq: number): Member[] {
  return profiles
    .map((profile) => ({ person: toPerson(profile), owner: false, delivered: seq - 1, read: seq - 1 }))
    .sort((a, b) => (a.person.user < b.person.user ? -1 : 1))
}

/** When the owner leaves, the longest-standing member owns the group. */
function without(members: readonly Member[], user: string | undefined): readonly Member[] {
  const left = members.find(({ person }) => person.user === user)
  if (left === undefined) return members
  const rest = members.filter((member) => member !== left)
  return left.owner ? rest.map((member, place) => (place === 0 ? { ...member, owner: true } : member)) : rest
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
  if (mark.user !== me) return { ...record, members }
  return {
    ...record,
    members,
    unreadSeqs: record.unreadSeqs.filter((seq) => seq > raised.read),
    unreadBelow: raised.read >= record.unreadFloor - 1 ? 0 : record.unreadBelow,
  }
}

/** The record with a person's new profile, or the same record when the person is not in it. */
export function withPerson(record: ConversationRecord, person: Person): ConversationRecord {
  if (!record.members.some((member) => member.person.user === person.user)) return record
  const members = record.members.map((member) =>
    member.person.user === person.user ? { ...member, person } : member,
  )
  return { ...record, members }
}
