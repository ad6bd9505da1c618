/** Bodies made smaller by a fixed public code: docs/protocol/compression.md. The same as `hutong/protocols/compression`. */
import { TEXT } from './compression-dictionary'

const ONE_BYTE_CODES = 0xe0
const BODY_BYTES_MIN = 24
const BODY_BYTES_MAX = 2_048
const SAVED_BYTES_MIN = 3
const PROBE_BYTES = 96

/** The body is not what `compress` makes, or unpacks to more than allowed. */
export class CompressionError extends Error {}

interface Tables {
  /** Codes of tokens; a token is a string of its bytes, one character each. */
  codes: Map<string, number>
  /** Tokens of codes: below 0x100 those of one byte. */
  tokens: Map<number, Uint8Array>
  /** The lengths of the tokens that begin with two bytes, longest first. */
  lengths: Map<string, number[]>
}

let made: Tables | undefined

function tables(): Tables {
  if (made !== undefined) return made
  const codes = new Map<string, number>()
  const tokens = new Map<number, Uint8Array>()
  const lengths = new Map<string, number[]>()
  for (let value = 0; value < 256; value++) {
    codes.set(String.fromCharCode(value), 0xe000 + value)
    tokens.set(0xe000 + value, Uint8Array.of(value))
  }
  const utf8 = new TextEncoder()
  TEXT.split(' ').forEach((word, number) => {
    const token = utf8.encode(word.replaceAll('␣', ' '))
    const code = number < ONE_BYTE_CODES ? number : 0xe100 + number - ONE_BYTE_CODES
    const bytes = String.fromCharCode(...token)
    codes.set(bytes, code)
    tokens.set(code, token)
    if (token.length > 1) {
      const start = bytes.slice(0, 2)
      const sizes = lengths.get(start) ?? []
      if (!sizes.includes(token.length)) sizes.push(token.length)
      lengths.set(start, sizes)
    }
  })
  for (const sizes of lengths.values()) sizes.sort((one, other) => other - one)
  made = { codes, tokens, lengths }
  return made
}

function encode(body: Uint8Array): Uint8Array {
  const { codes, lengths } = tables()
  const bytes = String.fromCharCode(...body)
  const packed: number[] = []
  let position = 0
  while (position < bytes.length) {
    let size = 1
    let code: number | undefined
    for (const length of lengths.get(bytes.slice(position, position + 2)) ?? []) {
      code = codes.get(bytes.slice(position, position + length))
      if (code !== undefined) {
        size = Math.min(length, bytes.length - position)
        break
      }
    }
    code ??= codes.get(bytes.charAt(position)) ?? 0
    if (code >= 0x100) packed.push(code >> 8)
    packed.push(code & 0xff)
    position += size
  }
  return Uint8Array.from(packed)
}

/** Returns the body in fewer bytes, or null when that is not worth it: too short, too long, or not of our words. */
export function compress(body: Uint8Array): Uint8Array | null {
  if (body.length < BODY_BYTES_MIN || body.length > BODY_BYTES_MAX) return null
  if (body.length > 2 * PROBE_BYTES && encode(body.subarray(0, PROBE_BYTES)).length >= PROBE_BYTES)
    return null
  const packed = encode(body)
  return packed.length + SAVED_BYTES_MIN <= body.length ? packed : null
}

/** Returns what was packed, at most `limit` bytes. Throws `CompressionError` before anything larger is made. */
export function decompress(body: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
  if (body.length > 2 * limit) throw new CompressionError('The body is too long.')
  const { tokens } = tables()
  const parts: Uint8Array[] = []
  let size = 0
  for (let position = 0; position < body.length; position++) {
    let code = body[position] ?? 0
    // A first byte with nothing behind it stays below 0x100, and no token has such a code.
    if (code >= ONE_BYTE_CODES && position + 1 < body.length) code = (code << 8) | (body[++position] ?? 0)
    const token = tokens.get(code)
    if (token === undefined) throw new CompressionError('The body holds a code that means nothing.')
    size += token.length
    if (size > limit) throw new CompressionError('The body unpacks to more than is allowed.')
    parts.push(token)
  }
  const unpacked = new Uint8Array(size)
  let end = 0
  for (const part of parts) {
    unpacked.set(part, end)
    end += part.length
  }
  return unpacked
}
