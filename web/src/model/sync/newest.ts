/** Asks for the newest page of conversations: new ones, such that are far behind, and what has to be counted. */
import { Chat } from '../../schema/chat_pb'
import { applySnapshot } from '../snapshot'
import type { Attempts } from './attempts'
import { NEWEST_EVENTS, type Following } from './following'
import { tellMarks } from './listed'
import type { Apply } from './missing'
import type { SyncOptions } from './options'

/** Conversations asked for at once, the liveliest first. */
const FETCHES_MAX = 8

export class Newest {
  readonly #options: SyncOptions
  readonly #attempts: Attempts
  readonly #apply: Apply
  readonly #following: Following
  /** Conversations that are being asked for, and those that wait for their turn. */
  readonly #fetching = new Set<string>()
  readonly #toFetch = new Set<string>()

  constructor(options: SyncOptions, attempts: Attempts, apply: Apply, following: Following) {
    this.#options = options
    this.#attempts = attempts
    this.#apply = apply
    this.#following = following
  }

  fetch(logs: Iterable<string>): void {
    if (!this.#attempts.alive()) return
    for (const log of logs) if (!this.#fetching.has(log)) this.#toFetch.add(log)
    for (const log of this.#toFetch) {
      if (this.#fetching.size >= FETCHES_MAX) break
      this.#toFetch.delete(log)
      this.#fetching.add(log)
      void this.#fetchOne(log).then(() => {
        this.#fetching.delete(log)
        this.fetch([])
      })
    }
  }

  async #fetchOne(log: string): Promise<void> {
    const { call, folds, store } = this.#options
    await this.#attempts.persistently(async () => {
      // When many wait, enough for the list; the rest comes when it is looked at.
      const recent = this.#toFetch.size > FETCHES_MAX ? 1 : NEWEST_EVENTS
      const request = { log, recent }
      const { conversation } = await call(Chat.method.get, request, this.#attempts.patience())
      this.#fetching.delete(log)
      if (conversation === undefined) return
      await this.#apply((change, missing) => {
        const known = store.state.conversations.get(log)
        const lost = known !== undefined && conversation.head < known.cursor
        const bare = known !== undefined && known.low > known.cursor
        const { jump } = this.#following
        applySnapshot(change, folds, conversation, { reset: lost || bare, jump })
        tellMarks(this.#options, conversation)
        const cursor = store.state.conversations.get(log)?.cursor ?? 0
        if (conversation.head - cursor > jump) {
          this.#following.crawl(log)
          missing.again.add(log)
        }
        const follow = known === undefined ? missing.again : missing.follow
        follow.add(log)
      })
    })
  }
}
