/** The vectors that the Python and the TypeScript code have in common, and round trips. */
import { describe, expect, it } from 'vitest'
import vectors from '../../../schema/vectors/compression.json'
import { compress, CompressionError, decompress } from './compression'
import { TEXT } from './compression-dictionary'

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}

describe('compression', () => {
  it.each(vectors.bodies)('ZIP1, ZIP2, ZIP4: $name', ({ body, packed }) => {
    const bytes = fromHex(body)
    const made = compress(bytes)
    expect(made).toEqual(packed === null ? null : fromHex(packed))
    if (made !== null) expect(decompress(made, bytes.length)).toEqual(bytes)
  })

  it.each(vectors.unpack)('ZIP3: $name is taken', ({ packed, limit, body }) => {
    expect(decompress(fromHex(packed), limit)).toEqual(fromHex(body))
  })

  it.each(vectors.refused)('ZIP3, ZIP5: $name is refused', ({ packed, limit }) => {
    expect(() => decompress(fromHex(packed), limit)).toThrow(CompressionError)
  })

  it('ZIP6: the dictionary is the one the vectors were made with', async () => {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(TEXT))
    expect(new Uint8Array(hash)).toEqual(fromHex(vectors.dictionary))
  })

  it('ZIP1: bodies of every byte come back', () => {
    for (let size = 24; size < 400; size += 7) {
      const body = Uint8Array.from({ length: size }, (_, index) => (index % 3 === 0 ? size + index : 0x61))
      const packed = compress(body)
      if (packed !== null) expect(decompress(packed, size)).toEqual(body)
    }
  })
})
