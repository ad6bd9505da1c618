/** What a `Link` is given and what it tells. */
import type { SessionReply } from '../schema/identity_pb'
import type { Challenge, Notice } from '../schema/link_pb'
import type { Event } from '../schema/log_pb'
import type { OpenCarrier } from './carrier'
import type { Clock } from './clock'
import type { RpcError } from './errors'

export type LinkState = 'connecting' | 'online' | 'offline'

/** What a device proves itself with. */
export interface Credentials {
  device: string
  /** Ed25519 by the device's key. */
  sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
}

export interface LinkHandlers {
  onState(state: LinkState): void
  onChallenge(challenge: Challenge): void
  /** After each `Resume` that worked. */
  onResumed(reply: SessionReply): void
  /** The server does not know this device any more; the credentials are dropped. */
  onRevoked(error: RpcError): void
  onEvents(events: Event[]): void
  onNotices(notices: Notice[]): void
}

export interface LinkOptions {
  open: OpenCarrier
  clock: Clock
  /** In [0, 1). */
  random: () => number
  randomBytes: (length: number) => Uint8Array<ArrayBuffer>
  handlers: LinkHandlers
}

export interface LinkCallOptions {
  key?: Uint8Array
  deadlineMs?: number
  signal?: AbortSignal
  retryUnavailable?: boolean
}
