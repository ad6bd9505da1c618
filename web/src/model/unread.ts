/**
 * What is unread in a conversation, and what of it mentions this user. The newest are known one by one; of
 * those below the floor only how many the server counted. Pure.
 */
import {
  MessageEditedSchema,
  MessageRecalledSchema,
  MessagesDisappearedSchema,
  MessageSentSchema,
  type Content,
} from '../schema/chat_pb'
import type { LogEvent } from './feature'
import { decodeBody, KIND_DISAPPEARED, KIND_EDITED, KIND_RECALLED, KIND_SENT, type Folds } from './folds'
import type { ConversationRecord } from './records'

/** Unread events kept one by one; of more only the number is known. */
export const UNREAD_SEQS_MAX = 1_000

/** Everybody is meant (hutong.chat.Mention). */
const EVERYONE = ''

export function unreadOf({ unreadSeqs, unreadBelow }: ConversationRecord): number {
  return unreadSeqs.length + unreadBelow
}

export function mentionsOf(record: ConversationRecord): { mentioned: number; firstMention: number } {
  const { mentionSeqs, mentionedBelow, firstMentionBelow } = record
  const firstMention = mentionedBelow > 0 ? firstMentionBelow : (mentionSeqs[0] ?? 0)
  return { mentioned: mentionSeqs.length + mentionedBelow, firstMention }
}

export function markOf({ members }: ConversationRecord, user: string): { delivered: number; read: number } {
  return members.find(({ person }) => person.user === user) ?? { delivered: 0, read: 0 }
}

/** The number below the floor is only right for the read mark it was counted for. */
export function isUncertain(before: ConversationRecord, after: ConversationRecord, me: string): boolean {
  return countsBelow(after) && markOf(after, me).read > markOf(before, me).read
}

/** Whether something is only known by its number. */
export function countsBelow({ unreadBelow, mentionedBelow }: ConversationRecord): boolean {
  return unreadBelow > 0 || mentionedBelow > 0
}

/** The unread part of the record after the next event of its log. */
export function withUnread(
  record: ConversationRecord,
  event: LogEvent,
  folds: Folds,
  me: string,
): ConversationRecord {
  switch (event.kind) {
    case KIND_RECALLED: {
      const seq = decodeBody(MessageRecalledSchema, event.body)?.seq ?? 0
      // Only its author can take a message back.
      return event.author === me ? record : without(record, [seq], me, 'others')
    }
    case KIND_DISAPPEARED:
      return without(record, decodeBody(MessagesDisappearedSchema, event.body)?.seqs ?? [], me, 'anybody')
    case KIND_EDITED: {
      const edited = decodeBody(MessageEditedSchema, event.body)
      return edited === null ? record : withEdit(record, edited.seq, edited.content, event.author, me)
    }
  }
  if (!folds.isUnread(event, me) || event.seq <= markOf(record, me).read) return record
  const mentionSeqs = mentions(event, me) ? [...record.mentionSeqs, event.seq] : record.mentionSeqs
  return withinBound({ ...record, unreadSeqs: [...record.unreadSeqs, event.seq], mentionSeqs })
}

/** The messages of others in a stretch that mean this user, by their newest wording in it. */
export function mentionsIn(events: readonly LogEvent[], me: string): number[] {
  const seqs = new Set<number>()
  for (const event of events) {
    if (mentions(event, me)) seqs.add(event.seq)
    if (event.kind !== KIND_EDITED || event.author === me) continue
    const edited = decodeBody(MessageEditedSchema, event.body)
    if (edited === null || edited.seq < (events[0]?.seq ?? 0)) continue
    if (means(edited.content, me)) seqs.add(edited.seq)
    else seqs.delete(edited.seq)
  }
  return [...seqs].sort((a, b) => a - b)
}

/** Whether a message of somebody else means this user. */
function mentions(event: LogEvent, me: string): boolean {
  if (event.kind !== KIND_SENT || event.author === me) return false
  return means(decodeBody(MessageSentSchema, event.body)?.content, me)
}

function means(content: Content | undefined, me: string): boolean {
  return content?.mentions.some(({ user }) => user === me || user === EVERYONE) ?? false
}

/** Messages that are gone are not unread. Below the floor it takes the server to know which of them were. */
function without(
  record: ConversationRecord,
  seqs: readonly number[],
  me: string,
  whose: 'others' | 'anybody',
): ConversationRecord {
  const { read } = markOf(record, me)
  const gone = new Set(seqs)
  const visible = seqs.filter((seq) => seq > read && seq >= record.joined)
  const below = visible.filter((seq) => seq < record.unreadFloor).length
  const mayMention = record.mentionedBelow > 0 && visible.some((seq) => seq < record.mentionFloor)
  const certain = (below === 0 || whose === 'others') && !mayMention
  return {
    ...record,
    unreadSeqs: record.unreadSeqs.filter((seq) => !gone.has(seq)),
    unreadBelow: Math.max(0, record.unreadBelow - (whose === 'others' ? below : 0)),
    mentionSeqs: record.mentionSeqs.filter((seq) => !gone.has(seq)),
    stale: record.stale || !certain,
  }
}

/** A new wording may mention somebody else. */
function withEdit(
  record: ConversationRecord,
  seq: number,
  content: Content | undefined,
  author: string,
  me: string,
): ConversationRecord {
  if (author === me || seq <= markOf(record, me).read) return record
  if (seq < record.mentionFloor) return { ...record, stale: true }
  const others = record.mentionSeqs.filter((each) => each !== seq)
  const mentionSeqs = means(content, me) ? [...others, seq].sort((a, b) => a - b) : others
  return { ...record, mentionSeqs }
}

/** Turns the oldest unread events beyond the bound into a mere number. */
export function withinBound(record: ConversationRecord): ConversationRecord {
  const excess = record.unreadSeqs.length - UNREAD_SEQS_MAX
  if (excess <= 0) return record
  const unreadSeqs = record.unreadSeqs.slice(excess)
  const unreadFloor = unreadSeqs[0] ?? record.unreadFloor
  const sunk = record.mentionSeqs.filter((seq) => seq < unreadFloor)
  return {
    ...record,
    unreadSeqs,
    unreadFloor,
    unreadBelow: record.unreadBelow + excess,
    mentionFloor: Math.max(record.mentionFloor, unreadFloor),
    mentionSeqs: record.mentionSeqs.filter((seq) => seq >= unreadFloor),
    mentionedBelow: record.mentionedBelow + sunk.length,
    firstMentionBelow: record.mentionedBelow > 0 ? record.firstMentionBelow : (sunk[0] ?? 0),
  }
}

/** The record once this user has read up to `read`. */
export function withRead(record: ConversationRecord, read: number): ConversationRecord {
  const noMention = read >= record.mentionFloor - 1
  return {
    ...record,
    unreadSeqs: record.unreadSeqs.filter((seq) => seq > read),
    unreadBelow: read >= record.unreadFloor - 1 ? 0 : record.unreadBelow,
    mentionSeqs: record.mentionSeqs.filter((seq) => seq > read),
    mentionedBelow: noMention ? 0 : record.mentionedBelow,
    firstMentionBelow: noMention ? 0 : record.firstMentionBelow,
  }
}
