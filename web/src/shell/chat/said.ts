/** Finds what a message said: quotes, pinned messages and bundles show it. */
import type { Content, Message } from '../../model/types'

/** Messages ascend by seq; those that wait to be sent stand at the end and have none. */
export function messageAt(messages: readonly Message[], seq: number): Message | undefined {
  let low = 0
  let high = messages.length
  while (high > low && messages[high - 1]?.seq === 0) high--
  while (low < high) {
    const middle = (low + high) >> 1
    const found = messages[middle]?.seq ?? 0
    if (found === seq) return messages[middle]
    if (found < seq) low = middle + 1
    else high = middle
  }
  return undefined
}

/** A message that stands in no timeline: of a bundle, or one of which only its words are known. */
export function looseMessage(content: Content, author: string, atMs: number, seq = 0): Message {
  return {
    id: `loose-${author}-${atMs}-${seq}`,
    seq,
    author,
    mine: false,
    atMs,
    body: content,
    replyTo: 0,
    mentions: [],
    preview: null,
    forwardedFrom: null,
    editedAtMs: 0,
    disappearsAtMs: 0,
    delivery: 'sent',
    error: '',
    reason: '',
    progress: -1,
    extras: {},
  }
}
