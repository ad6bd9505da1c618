/** What stands inside a record: a fragment, its marker, and zeros up to a bucket (SEAL10, SEAL11). */
import type { Bytes } from '../bytes'
import { SealedError } from './errors'

export const PLAINTEXT_BYTES_MAX = 16_384
/** The marker takes one byte. */
export const FRAGMENT_BYTES_MAX = PLAINTEXT_BYTES_MAX - 1

const FRAGMENT = 0x01
const LAST = 0x02
const FINE_BYTES = 16
const FINE_UNTIL = 256
const STEPS = 8

/** The size that `size` bytes are padded to. */
export function bucketOf(size: number): number {
  if (size <= FINE_UNTIL) return Math.max(Math.ceil(size / FINE_BYTES), 1) * FINE_BYTES
  // The doubling that ends at `top` has eight steps.
  const top = 2 ** Math.ceil(Math.log2(size))
  const step = top / 2 / STEPS
  return Math.ceil(size / step) * step
}

export function pad(payload: Uint8Array, last: boolean): Bytes {
  const plaintext = new Uint8Array(bucketOf(payload.length + 1))
  plaintext.set(payload)
  plaintext[payload.length] = FRAGMENT | (last ? LAST : 0)
  return plaintext
}

export function unpad(plaintext: Bytes): { payload: Bytes; last: boolean } {
  let end = plaintext.length - 1
  while (end >= 0 && plaintext[end] === 0) end -= 1
  const marker = plaintext[end] ?? 0
  if ((marker & ~LAST) !== FRAGMENT) throw new SealedError('a record without a marker')
  return { payload: plaintext.subarray(0, end), last: (marker & LAST) !== 0 }
}
