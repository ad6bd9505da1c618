/** What the link stands on: whole messages to the core and back, on one carrier. */
import type { Priority } from '../schema/options_pb'
import type { Bytes } from './bytes'

/**
 * Why a channel ended by itself. lost: the carrier; broken: a rule of the sealed layer; busy: the server
 * takes no one now; outdated: this client is too old; other_root, old_epoch, out_of_time, untrue: its
 * manifest is not believed (SEAL17, SEAL18).
 */
export type ChannelEnd =
  'lost' | 'broken' | 'busy' | 'outdated' | 'other_root' | 'old_epoch' | 'out_of_time' | 'untrue'

export interface Channel {
  /**
   * Queues a message. `early` ones leave before the core has answered, as far as there is room for them
   * (SEAL14); everything else waits for its answer.
   */
  send(priority: Priority, message: Uint8Array, early?: boolean): void
  /** How much this machine has taken so far: while it grows, somebody is reading. */
  movedBytes(): number
  /** Ends it at once; `onEnd` is not called. */
  close(): void
}

export interface ChannelEvents {
  /**
   * A connection begins: early messages may be sent, and `binding` signed. Called again when the server
   * asked for another opening: nothing sent before counts then.
   */
  onOpening(binding: Bytes): void
  /** The core has proved itself: its first record opened. `onMessage` follows. */
  onVerified(): void
  onMessage(message: Bytes): void
  /** The last call; not after `close`. */
  onEnd(end: ChannelEnd): void
}

/** Begins to open a channel by a way (`ways.ts`); never calls back before it returned. */
export type OpenChannel = (way: string, events: ChannelEvents) => Channel
