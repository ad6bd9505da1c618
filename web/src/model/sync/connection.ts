/** Keeping in step on one connection: a first look, then what is pushed and what that shows to be missing. */
import type { Conversation } from '../../schema/chat_pb'
import type { Event } from '../../schema/log_pb'
import type { Change } from '../change'
import { toEvent } from '../convert'
import type { LogEvent } from '../feature'
import { inboxOf } from '../inbox'
import { Attempts } from './attempts'
import { fetchEverything, refreshMarks } from './first-look'
import { Following } from './following'
import { takeListed } from './listed'
import { nothingMissing, type Apply, type Missing } from './missing'
import { Newest } from './newest'
import type { SyncOptions } from './options'

/** LOG14, less the inbox. */
const FOLLOWED_MAX = 4_999
/** A cache that was not complete for so long is not caught up but fetched anew. */
const SNAPSHOT_AFTER_MS = 7 * 24 * 3600 * 1000

export class SyncConnection {
  readonly #options: SyncOptions
  readonly #beginAnew: () => void
  readonly #attempts: Attempts
  readonly #following: Following
  readonly #newest: Newest

  /** `beginAnew` is called when what is stored is no base to stand on, and was marked so. */
  constructor(options: SyncOptions, beginAnew: () => void) {
    const apply: Apply = (run) => this.#apply(run)
    this.#options = options
    this.#beginAnew = beginAnew
    this.#attempts = new Attempts(options.clock, options.random)
    this.#following = new Following(options, this.#attempts, apply)
    this.#newest = new Newest(options, this.#attempts, apply, this.#following)
  }

  async begin(): Promise<void> {
    const { store, clock } = this.#options
    const apply: Apply = (run) => this.#apply(run)
    await this.#attempts.persistently(async () => {
      const { sync } = store.state
      const usable = sync !== null && clock.nowMs() - sync.syncedAtMs < SNAPSHOT_AFTER_MS
      if (usable) {
        this.#following.want(this.#followed()) // does not wait for the marks
        await refreshMarks(this.#options, this.#attempts, apply)
      } else {
        await fetchEverything(this.#options, this.#attempts, apply)
        this.#following.want([inboxOf(store.state.me)])
      }
    })
  }

  /** What it was about to bring is forgotten. */
  end(): void {
    this.#attempts.end()
  }

  receive(events: readonly Event[]): void {
    const byLog = new Map<string, LogEvent[]>()
    for (const event of events.map(toEvent)) byLog.set(event.log, [...(byLog.get(event.log) ?? []), event])
    void this.#apply((change, missing) => {
      for (const [log, some] of byLog) this.#following.intake(change, log, some, missing)
    })
  }

  adopt(conversation: Conversation): Promise<void> {
    return this.#apply((change, missing) => takeListed(this.#options, change, conversation, missing))
  }

  recount(log: string): void {
    this.#newest.fetch([log])
  }

  /** The inbox, then the conversations, the liveliest first. */
  #followed(): string[] {
    const { state } = this.#options.store
    const conversations = [...state.conversations.values()].sort((a, b) => b.atMs - a.atMs)
    return [inboxOf(state.me), ...conversations.slice(0, FOLLOWED_MAX).map(({ log }) => log)]
  }

  async #apply(run: (change: Change, missing: Missing) => void): Promise<void> {
    const missing = nothingMissing()
    await this.#options.store.change((change) => {
      if (this.#attempts.alive()) run(change, missing)
    })
    if (!this.#attempts.alive()) return
    if (missing.anew) {
      await this.#options.store.change((change) => change.putSync({ inboxCursor: 0, syncedAtMs: 0 }))
      this.#beginAnew()
      return
    }
    this.#newest.fetch(missing.fetch)
    this.#following.wantNew(missing.follow)
    this.#following.want(missing.again)
  }
}
