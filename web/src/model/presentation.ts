/** From rows and records to the messages that views see. */
import { localBlob } from './files'
import type { ConversationRecord, OutboxRecord } from './records'
import type { Delivery, Message } from './types'

/** How far everybody else has come: what is at or below a mark, all of them have. */
export function reachOf({ members }: ConversationRecord, me: string): { delivered: number; read: number } {
  const others = members.filter(({ person }) => person.user !== me)
  if (others.length === 0) return { delivered: 0, read: 0 }
  return {
    delivered: Math.min(...others.map(({ delivered }) => delivered)),
    read: Math.min(...others.map(({ read }) => read)),
  }
}

export interface Perspective {
  reach: { delivered: number; read: number }
  nameOf: (user: string) => string
}

const published = new WeakMap<Message, Message>()

/** A row with its delivery and names; the same object as last time when nothing changed. */
export function present(row: Message, { reach, nameOf }: Perspective): Message {
  const before = published.get(row) ?? row
  const delivery = row.mine ? deliveryOf(row.seq, reach) : 'sent'
  const body = row.body.kind === 'note' ? named(row.body, before.body, nameOf) : row.body
  if (before.delivery === delivery && before.body === body) return before
  const message = { ...row, delivery, body }
  published.set(row, message)
  return message
}

/** Who is named in a row: all but the new title of a group. */
export function peopleIn({ author, body }: Message): string[] {
  if (body.kind !== 'note') return [author]
  return body.text === 'renamed' ? body.names.slice(0, 1) : body.names
}

type Note = Extract<Message['body'], { kind: 'note' }>

/** A note with names in place of ids; `before` itself when it has them already. */
function named(note: Note, before: Message['body'], nameOf: (user: string) => string): Message['body'] {
  const names = note.names.map((id, place) => (note.text === 'renamed' && place > 0 ? id : nameOf(id)))
  const same = before.kind === 'note' && before.names.every((name, place) => name === names[place])
  return same ? before : { ...note, names }
}

function deliveryOf(seq: number, reach: { delivered: number; read: number }): Delivery {
  if (seq <= reach.read) return 'read'
  return seq <= reach.delivered ? 'delivered' : 'sent'
}

const shown = new WeakMap<OutboxRecord, Message>()

/** What waits in the outbox, as a message at the end of the conversation. */
export function fromOutbox(record: OutboxRecord, me: string, progress: number): Message {
  const before = shown.get(record)
  if (before !== undefined && before.progress === progress) return before
  const { id, seq, atMs, state, error } = record
  const delivery: Delivery = state === 'acknowledged' ? 'sent' : state
  const body = bodyOf(record)
  const message = { id, seq, author: me, mine: true, atMs, body, delivery, error, progress, extras: {} }
  shown.set(record, message)
  return message
}

function bodyOf({ content, id }: OutboxRecord): Message['body'] {
  if (content.kind !== 'upload') return content
  const { as, file, name, mediaType, width, height } = content
  const shared = { blob: localBlob(id), name, sizeBytes: file.size, mediaType }
  return as === 'file'
    ? { kind: 'file', ...shared }
    : { kind: 'picture', ...shared, thumbnail: localBlob(id), width, height }
}
