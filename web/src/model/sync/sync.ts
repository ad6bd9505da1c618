/**
 * Keeps the state in step with the server: a snapshot when there is nothing or something very old, then
 * the events after the cursor of each log (docs/protocol/log.md). One `Sync` lives as long as the app;
 * each connection begins with `begin`.
 */
import type { Conversation } from '../../schema/chat_pb'
import type { Event } from '../../schema/log_pb'
import { SyncConnection } from './connection'
import type { SyncOptions } from './options'

export class Sync {
  readonly #options: SyncOptions
  #present: SyncConnection

  constructor(options: SyncOptions) {
    this.#options = options
    this.#present = this.#next()
  }

  /**
   * A connection is being signed in: everything is followed anew. What is asked for in this turn leaves
   * together with the sign-in.
   */
  begin(): void {
    this.disconnected()
    void this.#present.begin()
  }

  /** The connection ended: what it was about to bring is forgotten. */
  disconnected(): void {
    this.#present.end()
    this.#present = this.#next()
  }

  /** Pushed events. */
  receive(events: readonly Event[]): void {
    this.#present.receive(events)
  }

  /** A conversation that an answer described: `Open`, `CreateGroup`. */
  adopt(conversation: Conversation): Promise<void> {
    return this.#present.adopt(conversation)
  }

  /** Asks the server how many messages are unread: what is stored does not tell. */
  recount(log: string): void {
    this.#present.recount(log)
  }

  #next(): SyncConnection {
    return new SyncConnection(this.#options, () => this.begin())
  }
}
