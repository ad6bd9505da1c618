import type { Priority } from '../schema/options_pb'
import { packBody } from './bodies'
import type { Attempt } from './calls'
import type { Parcel } from './connection'
import { encodePacket, joinPackets } from './packets'

/** The packets of the calls to send now, those of a class together, in their order. */
export function encodeAttempts(attempts: readonly Attempt[]): Parcel[] {
  const byClass = new Map<Priority, Uint8Array[]>()
  for (const attempt of attempts) {
    const { priority } = attempt.call.rules
    const packets = byClass.get(priority) ?? []
    packets.push(encodeAttempt(attempt))
    byClass.set(priority, packets)
  }
  return [...byClass].flatMap(([priority, packets]) =>
    joinPackets(packets).map((packet) => ({ priority, packet })),
  )
}

function encodeAttempt({ id, deadlineMs, call: { rules, key, body } }: Attempt): Uint8Array {
  return encodePacket({ requests: [{ id, method: rules.id, deadlineMs, key, ...packBody(rules, body) }] })
}
