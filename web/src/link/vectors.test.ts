/** The vectors that the Python and the TypeScript code have in common. */
import { fromJson, toBinary, toJson, type JsonValue } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import vectors from '../../../schema/vectors/packets.json'
import { PacketSchema } from '../schema/link_pb'
import { fromHex } from './bytes'
import { MESSAGE_BYTES_MAX } from './limits'
import { decodePacket, encodePacket, joinPackets } from './packets'

function jsonOf(message: Uint8Array): unknown {
  const packet = decodePacket(message)
  return packet === null ? null : toJson(PacketSchema, packet)
}

describe('packets', () => {
  it.each(vectors.packets)('$name', ({ hex, json }) => {
    const packet = fromJson(PacketSchema, json as JsonValue)
    expect(toBinary(PacketSchema, packet)).toEqual(fromHex(hex))
    expect(encodePacket(packet)).toEqual(fromHex(hex))
    expect(jsonOf(fromHex(hex))).toEqual(json)
  })

  it('CONN1: joined packets are one packet with all of their parts', () => {
    const byName = new Map(vectors.packets.map(({ name, hex }) => [name, fromHex(hex)]))
    const parts = vectors.joined.parts.map((name) => byName.get(name) ?? new Uint8Array())
    const joined = joinPackets(parts)
    expect(joined.length).toBe(1)
    expect(joined.map(jsonOf)).toEqual([vectors.joined.json])
  })

  it.each(vectors.invalid.hex)('CONN5: %s is none', (hex) => {
    expect(decodePacket(fromHex(hex))).toBeNull()
  })

  it('CONN4: what is too large is none; what is joined is never too large', () => {
    expect(decodePacket(new Uint8Array(MESSAGE_BYTES_MAX + 1))).toBeNull()
    const parts = Array.from({ length: 30 }, () => new Uint8Array(100_000))
    const joined = joinPackets(parts)
    expect(joined.reduce((total, { length }) => total + length, 0)).toBe(3_000_000)
    expect(Math.max(...joined.map(({ length }) => length))).toBeLessThanOrEqual(MESSAGE_BYTES_MAX)
    expect(joinPackets([])).toEqual([])
  })
})
