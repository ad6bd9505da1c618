/** Follows logs from their cursors, in turns of a bound (LOG9, LOG14), and puts what is pushed in order. */
import { Log, type Page } from '../../schema/log_pb'
import type { Change } from '../change'
import { toEvent } from '../convert'
import type { LogEvent } from '../feature'
import { inboxOf, intakeInbox } from '../inbox'
import { intakeEvents } from '../intake'
import { Reorder } from '../reorder'
import { JUMP_EVENTS } from '../snapshot'
import type { Attempts } from './attempts'
import type { Apply, Missing } from './missing'
import type { SyncOptions } from './options'

/** Events of a conversation's newest page. */
export const NEWEST_EVENTS = 50
const PAGE_EVENTS = 100
/** Events asked for at once over all logs, and of each at least: a device that was away for long has many logs. */
const FOLLOW_EVENTS = 5_000
const FOLLOW_EVENTS_MIN = 10
const CURSORS_MAX = 500
/**
 * Missed events a connection catches up on one by one, over all logs. Beyond it what is further behind than a
 * look at the newest page jumps there (LOG13).
 */
const CATCH_UP_EVENTS = 3_000
const INBOX_JUMP_EVENTS = 2_000

export class Following {
  readonly #options: SyncOptions
  readonly #attempts: Attempts
  readonly #apply: Apply
  readonly #reorder = new Map<string, Reorder>()
  /** Logs the next `Follow` asks for. */
  readonly #wanted = new Set<string>()
  /** Logs this connection asked for: they are pushed. */
  readonly #asked = new Set<string>()
  /** Far behind, but the server cannot show their newest page in one answer: they are read through. */
  readonly #crawling = new Set<string>()
  #following = false
  /** Missed events this connection has taken in. */
  #caughtUp = 0

  constructor(options: SyncOptions, attempts: Attempts, apply: Apply) {
    this.#options = options
    this.#attempts = attempts
    this.#apply = apply
  }

  /** Follows logs from where their cursors are, those too that are followed already. */
  want(logs: Iterable<string>): void {
    if (!this.#attempts.alive()) return
    for (const log of logs) {
      this.#wanted.add(log)
      this.#asked.add(log)
    }
    if (this.#following || this.#wanted.size === 0) return
    this.#following = true
    void this.#follow()
  }

  /** Follows logs that are not followed yet. */
  wantNew(logs: Iterable<string>): void {
    this.want([...logs].filter((log) => !this.#asked.has(log)))
  }

  /** A conversation is far behind all the same. */
  crawl(log: string): void {
    this.#crawling.add(log)
  }

  /** Further behind than this, a conversation is not read through. */
  get jump(): number {
    return this.#caughtUp < CATCH_UP_EVENTS ? JUMP_EVENTS : NEWEST_EVENTS
  }

  /** Takes events of one log, in any order and any number of times. */
  intake(change: Change, log: string, events: readonly LogEvent[], missing: Missing): void {
    const cursor = this.#cursor(log)
    if (cursor === null) return // not ours, or not yet: following it brings them
    const reorder = this.#reorder.get(log) ?? new Reorder()
    this.#reorder.set(log, reorder)
    const ready = reorder.take(cursor, events)
    if (log === inboxOf(change.state.me)) {
      for (const joined of intakeInbox(change, ready)) missing.fetch.add(joined)
    } else {
      intakeEvents(change, this.#options.folds, log, ready)
      if (change.state.conversations.get(log)?.stale === true) missing.fetch.add(log)
    }
    if (reorder.gap(cursor + ready.length)) missing.again.add(log)
  }

  async #follow(): Promise<void> {
    let empty = 0
    while (this.#wanted.size > 0 && this.#attempts.alive()) {
      // A server that says there is more and does not send it is not asked in a tight loop.
      if (empty > 0) await this.#attempts.pause(empty - 1)
      const logs = [...this.#wanted].slice(0, CURSORS_MAX)
      for (const log of logs) this.#wanted.delete(log)
      await this.#attempts.persistently(async () => {
        const cursors = logs.flatMap((log) => {
          const after = this.#cursor(log)
          return after === null ? [] : [{ log, after }]
        })
        if (cursors.length === 0) return
        const share = Math.floor(FOLLOW_EVENTS / cursors.length)
        const limit = Math.min(PAGE_EVENTS, Math.max(share, FOLLOW_EVENTS_MIN))
        const request = { cursors, limit }
        const { pages } = await this.#options.call(Log.method.follow, request, this.#attempts.patience())
        empty = pages.some(({ events }) => events.length > 0) ? 0 : empty + 1
        await this.#apply((change, missing) => {
          for (const [place, cursor] of cursors.entries()) {
            const page = pages[place]
            if (page?.log === cursor.log) this.#turn(change, page, cursor.after, missing)
          }
        })
      })
    }
    this.#following = false
    this.#caughtUp = 0
  }

  #cursor(log: string): number | null {
    const { state } = this.#options.store
    if (log === inboxOf(state.me)) return state.sync?.inboxCursor ?? 0
    return state.conversations.get(log)?.cursor ?? null
  }

  /** LOG9: one page of one log, which was asked for with `after`. */
  #turn(change: Change, page: Page, after: number, missing: Missing): void {
    const { log, head } = page
    const inbox = log === inboxOf(change.state.me)
    if (page.denied) {
      if (!inbox && change.state.conversations.has(log)) change.dropConversation(log)
      return
    }
    if (head < after || (inbox && head - after > INBOX_JUMP_EVENTS)) {
      if (inbox) missing.anew = true
      else missing.fetch.add(log)
      return
    }
    this.#caughtUp += page.events.length
    this.intake(change, log, page.events.map(toEvent), missing)
    const cursor = this.#cursor(log) ?? head
    if (cursor >= head) {
      // What came too early and is not in the log after all is not waited for.
      if (page.events.length === 0 && this.#reorder.get(log)?.gap(cursor) === true) {
        this.#reorder.get(log)?.forget()
        missing.again.delete(log)
      }
    } else if (!inbox && head - cursor > this.jump && !this.#crawling.has(log)) missing.fetch.add(log)
    else missing.again.add(log)
  }
}
