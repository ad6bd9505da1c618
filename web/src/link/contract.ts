/** What a `Link` is given and what it tells. */
import type { SessionReply } from '../schema/identity_pb'
import type { Challenge, Notice } from '../schema/link_pb'
import type { Event } from '../schema/log_pb'
import type { Bytes } from './bytes'
import type { ChannelEnd, OpenChannel } from './channel'
import type { Clock } from './clock'
import type { RpcError } from './errors'
import type { Networks } from './networks'
import type { Network } from './patience'

export type LinkState = 'connecting' | 'online' | 'offline'

/** What a device proves itself with. */
export interface Credentials {
  device: string
  /** Ed25519 by the device's key. */
  sign(message: Bytes): Promise<Uint8Array>
}

export interface LinkHandlers {
  onState(state: LinkState): void
  /** A sign-in is about to be sent: calls that are made now leave with it, in the first flight (CONN8). */
  onSigningIn(): void
  /** The server speaks, on a connection by `way`. */
  onChallenge(challenge: Challenge, way: string): void
  /** After each `Resume` that worked. */
  onResumed(reply: SessionReply): void
  /** The server does not know this device any more; the credentials are dropped. */
  onRevoked(error: RpcError): void
  onEvents(events: Event[]): void
  onNotices(notices: Notice[]): void
  /** No way led to the server; `end` says how the last one ended. Another search follows. */
  onUnreachable(end: ChannelEnd): void
}

export interface LinkOptions {
  open: OpenChannel
  /** The ways there are at this moment, best first (`ways.ts`). */
  ways: () => readonly string[]
  networks: Networks
  /** What kind of network this device is on. */
  networkKind: () => Network
  clock: Clock
  /** In [0, 1). */
  random: () => number
  randomBytes: (length: number) => Bytes
  handlers: LinkHandlers
}

export interface LinkCallOptions {
  key?: Uint8Array
  deadlineMs?: number
  signal?: AbortSignal
  retryUnavailable?: boolean
}
