/** The records of the data channel "direct" (docs/protocol/direct-text.md). */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { RecordSchema, type Record } from '../../schema/direct_pb'

export const LABEL = 'direct'
export const PROTOCOL = 'hutong.direct.1'
/** Longer messages have time: a preview is for what one says in passing. In Unicode code points. */
export const TEXT_CHARACTERS_MAX = 2_000
export const RECORD_BYTES_MAX = 4 * TEXT_CHARACTERS_MAX + 64

/** What a message says, as far as previews go; with this its event is known again (DIRECT7). */
export interface Words {
  readonly text: string
  readonly replyTo: number
}

export type Kind = Record['kind']

/** The other side broke the rules: the channel is closed, the log goes on (DIRECT12). */
export class DirectError extends Error {}

export function same(one: Words, other: Words): boolean {
  return one.text === other.text && one.replyTo === other.replyTo
}

/** Whether they may go ahead of their message. */
export function fit({ text }: Words): boolean {
  if (text.length === 0 || text.length > 2 * TEXT_CHARACTERS_MAX) return false
  return Array.from(text).length <= TEXT_CHARACTERS_MAX
}

export function encode(kind: Kind): Uint8Array<ArrayBuffer> {
  return toBinary(RecordSchema, create(RecordSchema, { kind }))
}

/** A record that arrived; one of a kind from the future is empty. Throws `DirectError`. */
export function decode(data: unknown): Kind {
  if (!(data instanceof ArrayBuffer) || data.byteLength > RECORD_BYTES_MAX)
    throw new DirectError('no record, or too large')
  let kind: Kind
  try {
    ;({ kind } = fromBinary(RecordSchema, new Uint8Array(data)))
  } catch {
    throw new DirectError('no record')
  }
  if (kind.case === 'preview' && (kind.value.count === 0 || !fit(kind.value)))
    throw new DirectError('a preview without a count, or of no length that is allowed')
  return kind
}
