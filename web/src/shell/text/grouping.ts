/** Turns a timeline into what is drawn: separators between days, a line before what is new, groups of bubbles. */
import type { Message, NoteKey } from '../../model/types'
import { dayStart } from './dates'

export type Row =
  | { kind: 'day'; id: string; atMs: number }
  | { kind: 'new'; id: 'new' }
  | { kind: 'message'; id: string; message: Message; first: boolean; last: boolean }

/** Bubbles of one author within this time are one group. */
const GROUP_MS = 5 * 60_000
/** From midnight on this reaches into the next day, on days with a clock change too. */
const DAY_AND_A_BIT_MS = 30 * 3600 * 1000

/**
 * `newAfter` is the seq after which messages are new to the reader; -1 for no line. `standsAlone` says
 * which messages are drawn in the middle and belong to no group.
 */
export function rows(
  messages: readonly Message[],
  newAfter: number,
  standsAlone: (message: Message) => boolean,
): Row[] {
  const drawn: Row[] = []
  let previous: Message | undefined
  let group: Extract<Row, { kind: 'message' }> | undefined
  let lineDrawn = newAfter < 0
  /** The day of the message before: to ask the calendar for each message would take longer than all the rest. */
  let today = { from: 0, to: 0 }

  for (const message of messages) {
    if (message.atMs < today.from || message.atMs >= today.to) {
      const from = dayStart(message.atMs)
      today = { from, to: dayStart(from + DAY_AND_A_BIT_MS) }
      drawn.push({ kind: 'day', id: `day-${message.id}`, atMs: message.atMs })
      group = undefined
    }
    if (!lineDrawn && isNew(message, newAfter)) {
      // Above everything there is nothing it could separate.
      if (previous !== undefined) drawn.push({ kind: 'new', id: 'new' })
      lineDrawn = true
      group = undefined
    }
    const notes = group === undefined && drawn.at(-1)
    if (notes && notes.kind === 'message' && gather(notes, message)) {
      previous = message
      continue
    }
    const alone = standsAlone(message)
    const joins = !alone && group !== undefined && belongs(group.message, message)
    const row: Row = { kind: 'message', id: message.id, message, first: !joins, last: true }
    if (joins && group) group.last = false
    drawn.push(row)
    group = alone ? undefined : row
    previous = message
  }
  return drawn
}

/** What many people do one after the other is told in one row, which grows; as many names as one reads. */
const GATHERED: readonly NoteKey[] = ['joined', 'left']
const GATHERED_MAX = 20

/** Adds a note to the one in the row before; false when they do not belong together. */
function gather(row: Extract<Row, { kind: 'message' }>, message: Message): boolean {
  const { body: before, mine, id } = row.message
  const { body } = message
  if (before.kind !== 'note' || body.kind !== 'note' || mine || message.mine) return false
  if (before.text !== body.text || !GATHERED.includes(body.text)) return false
  const names = [...before.names, ...body.names]
  if (names.length > GATHERED_MAX || new Set(names).size < names.length) return false
  row.message = { ...message, id, body: { ...body, names } }
  return true
}

const belongs = (before: Message, message: Message): boolean =>
  before.author === message.author && message.atMs - before.atMs < GROUP_MS

export const isNew = (message: Message, newAfter: number): boolean =>
  !message.mine && message.seq > newAfter && message.body.kind !== 'note'

/** How many messages the reader has not seen. */
export function countNew(messages: readonly Message[], after: number): number {
  return messages.filter((message) => isNew(message, after)).length
}
