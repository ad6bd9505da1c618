/** Carrier messages in one body: each behind its length, two bytes, big endian. */
import { concatenate, type Bytes } from './bytes'
import { CARRIER_MESSAGE_BYTES_MAX } from './carrier'

const LENGTH_BYTES = 2

export function frame(messages: readonly Bytes[]): Bytes {
  return concatenate(
    messages.flatMap((message) => [Uint8Array.of(message.length >> 8, message.length), message]),
  )
}

/** null when these are no whole messages. */
export function unframe(body: Bytes): Bytes[] | null {
  const messages: Bytes[] = []
  let offset = 0
  while (offset < body.length) {
    const length = ((body[offset] ?? 0) << 8) | (body[offset + 1] ?? 0)
    const start = offset + LENGTH_BYTES
    if (start + length > body.length || length > CARRIER_MESSAGE_BYTES_MAX) return null
    messages.push(body.slice(start, start + length))
    offset = start + length
  }
  return messages
}
