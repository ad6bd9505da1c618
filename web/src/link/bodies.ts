/** The bodies inside packets, packed and unpacked: the one place that knows of compression. */
import { Encoding } from '../schema/options_pb'
import type { Packet } from '../schema/link_pb'
import { compress, decompress } from './compression'
import { notUnderstood } from './errors'
import type { MethodRules } from './method'
import { MESSAGE_BYTES_MAX } from './limits'

export interface PackedBody {
  body: Uint8Array
  encoding: Encoding
}

/** A request's body as it travels. Passwords and tokens are never compressed: sizes would tell about them. */
export function packBody({ secret }: MethodRules, body: Uint8Array): PackedBody {
  const packed = secret ? null : compress(body)
  return packed === null
    ? { body, encoding: Encoding.PLAIN }
    : { body: packed, encoding: Encoding.COMPRESSED }
}

/** Unpacks what was packed, in place. Throws `RpcError` for what cannot be unpacked. */
export function unpackBody(part: PackedBody): void {
  if (part.encoding === Encoding.PLAIN) return
  try {
    // What a later version packs in another way is not understood either.
    part.body = decompress(part.body, MESSAGE_BYTES_MAX)
  } catch {
    throw notUnderstood()
  }
  part.encoding = Encoding.PLAIN
}

/** All bodies of a received packet. Throws `RpcError` for what cannot be unpacked. */
export function unpackBodies({ replies, events, notices }: Packet): void {
  for (const part of [...replies, ...events, ...notices]) unpackBody(part)
}
