/** From rows and records to the messages that views see. */
import { localBlob, secondBlob } from './files'
import { isListed } from './membership'
import { PLAIN } from './message'
import type { ConversationRecord, OutboxRecord } from './records'
import type { Delivery, Message, NoteKey } from './types'

/** How far everybody else has come: what is at or below a mark, all of them have. In large groups nobody says. */
export function reachOf(record: ConversationRecord, me: string): { delivered: number; read: number } {
  const others = record.members.filter(({ person }) => person.user !== me)
  if (others.length === 0 || !isListed(record)) return { delivered: 0, read: 0 }
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

/** Notes in which only the first name is somebody's. */
const ONE_NAME: ReadonlySet<NoteKey> = new Set<NoteKey>(['renamed', 'disappearing'])

/** Who is named in a row: all but the new title of a group, and the like. */
export function peopleIn({ author, body }: Message): string[] {
  if (body.kind !== 'note') return [author]
  return ONE_NAME.has(body.text) ? body.names.slice(0, 1) : body.names
}

type Note = Extract<Message['body'], { kind: 'note' }>

/** A note with names in place of ids; `before` itself when it has them already. */
function named(note: Note, before: Message['body'], nameOf: (user: string) => string): Message['body'] {
  const names = note.names.map((id, place) => (ONE_NAME.has(note.text) && place > 0 ? id : nameOf(id)))
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
  const { id, seq, atMs, state, error, reason = '', attached } = record
  const delivery: Delivery = state === 'acknowledged' ? 'sent' : state
  const body = bodyOf(record)
  const said = { ...PLAIN, ...attached, id, seq, author: me, mine: true, atMs, body, delivery }
  const message: Message = { ...said, error, reason, progress }
  shown.set(record, message)
  return message
}

function bodyOf({ content, id }: OutboxRecord): Message['body'] {
  if (content.kind !== 'upload') return content
  const { as, file, second, name, mediaType, width, height, durationMs, waveform } = content
  const shared = { blob: localBlob(id), sizeBytes: file.size, mediaType }
  switch (as) {
    case 'file':
      return { kind: as, ...shared, name }
    case 'voice':
      return { kind: as, ...shared, durationMs, waveform, transcribed: '' }
    case 'video':
      return { kind: as, ...shared, name, width, height, durationMs, poster: second ? secondBlob(id) : '' }
    case 'picture': {
      const originalBytes = second?.size ?? 0
      const original = second ? secondBlob(id) : ''
      return { kind: as, ...shared, name, thumbnail: localBlob(id), width, height, original, originalBytes }
    }
  }
}
