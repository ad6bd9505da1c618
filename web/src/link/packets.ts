import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { PacketSchema, type Packet } from '../schema/link_pb'
import { unpackBodies } from './bodies'
import { concatenate } from './bytes'
import { MESSAGE_BYTES_MAX } from './limits'

/** Packets are joined up to this size, so that a large one does not hold up those before it. */
const JOINED_BYTES_MAX = 256 * 1024

/** One received message with its bodies unpacked, or null when it is none (CONN4, CONN5). */
export function decodePacket(message: Uint8Array): Packet | null {
  if (message.length > MESSAGE_BYTES_MAX) return null
  try {
    const packet = fromBinary(PacketSchema, message)
    unpackBodies(packet)
    return packet
  } catch {
    return null
  }
}

export function encodePacket(packet: MessageInitShape<typeof PacketSchema>): Uint8Array {
  return toBinary(PacketSchema, create(PacketSchema, packet))
}

/** CONN1: joins encoded packets into as few carrier messages as is sensible, in order. */
export function joinPackets(packets: readonly Uint8Array[]): Uint8Array[] {
  const joined: Uint8Array[] = []
  let group: Uint8Array[] = []
  let size = 0
  for (const packet of packets) {
    if (group.length > 0 && size + packet.length > JOINED_BYTES_MAX) {
      joined.push(concatenate(group))
      group = []
      size = 0
    }
    group.push(packet)
    size += packet.length
  }
  if (group.length > 0) joined.push(concatenate(group))
  return joined
}
