/** The messages of the data channel "transfer", and what both ends need of a channel, whatever it is made of. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ChannelMessageSchema } from '../../schema/transfers_pb'
import { PIECE_BYTES_MAX, type Kind } from './protocol/sender'
import { RulesError } from './protocol/errors'

export const CHANNEL_LABEL = 'transfer'
/** Says what the sender speaks; a receiver says its version on the channel (XFER0). */
export const PROTOCOL = 'hutong.transfer.2'
/** A piece and its envelope; a longer message is the other side's fault. */
const MESSAGE_BYTES_MAX = PIECE_BYTES_MAX + 64

/** An open channel. Sending on a broken one does nothing: what is lost is sent again. */
export interface Line {
  /** Its buffer takes another message. */
  readonly room: boolean
  send(message: Kind): void
  close(): void
}

/** One end: sending or receiving files over lines. */
export interface Files {
  opened(line: Line): void
  closed(line: Line): void
  /** The connection is another: the lines of the one before are gone. */
  restart(): void
  /** Some line has room again. */
  drained(): void
  message(line: Line, message: Kind): void
}

export function encode(kind: Kind): Uint8Array<ArrayBuffer> {
  return toBinary(ChannelMessageSchema, create(ChannelMessageSchema, { kind }))
}

/** Throws `RulesError`. */
export function decode(data: unknown): Kind {
  if (!(data instanceof ArrayBuffer) || data.byteLength > MESSAGE_BYTES_MAX)
    throw new RulesError('not a message of a transfer')
  try {
    return fromBinary(ChannelMessageSchema, new Uint8Array(data)).kind
  } catch {
    throw new RulesError('not a message of a transfer')
  }
}
