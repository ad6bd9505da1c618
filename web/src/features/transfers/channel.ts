/** The messages of the data channel "transfer", and the few things both ends need of the channel. */
import { fromBinary, toBinary, create } from '@bufbuild/protobuf'
import { ChannelMessageSchema, type ChannelMessage } from '../../schema/transfers_pb'

export const CHANNEL_LABEL = 'transfer'
export const CHUNK_BYTES_MAX = 16 * 1024
/** A chunk and its envelope; a longer message is the other side's fault. */
const MESSAGE_BYTES_MAX = CHUNK_BYTES_MAX + 64

export interface Channel {
  readonly bufferedAmount: number
  send(bytes: Uint8Array<ArrayBuffer>): void
}

/** The other side broke the rules of the channel. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError'
}

export function encode(kind: ChannelMessage['kind']): Uint8Array<ArrayBuffer> {
  return toBinary(ChannelMessageSchema, create(ChannelMessageSchema, { kind }))
}

export function decode(data: unknown): ChannelMessage['kind'] {
  if (!(data instanceof ArrayBuffer) || data.byteLength > MESSAGE_BYTES_MAX)
    throw new ChannelError('not a message of a transfer')
  try {
    return fromBinary(ChannelMessageSchema, new Uint8Array(data)).kind
  } catch {
    throw new ChannelError('not a message of a transfer')
  }
}
