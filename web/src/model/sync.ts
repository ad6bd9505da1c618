/**
 * Keeps the state in step with the server: a snapshot when there is nothing or something very old, then
 * the events after the cursor of each log (docs/protocol/log.md). One `Sync` lives as long as the app;
 * each connection begins with `begin`.
 */
import type { RpcError } from '../link/errors'
import { retryMs } from '../link/patience'
import { Chat, type Conversation } from '../schema/chat_pb'
import { Contacts } from '../schema/contacts_pb'
import { Log, type Event, type Page } from '../schema/log_pb'
import { toEvent } from './convert'
import type { Call, Clock, LogEvent } from './feature'
import type { Folds } from './folds'
import { applyContact, inboxOf, intakeInbox } from './inbox'
import { intakeEvents } from './intake'
import { Reorder } from './reorder'
import { applySnapshot, JUMP_EVENTS } from './snapshot'
import type { Change } from './change'
import type { Store } from './store'

/** Events a conversation in the first snapshot; a timeline that is opened fetches more. */
const SNAPSHOT_EVENTS = 10
const REFRESH_EVENTS = 50
const PAGE_EVENTS = 100
/** Events asked for at once over all logs, and of each at least: a device that was away for long has many logs. */
const FOLLOW_EVENTS = 5_000
const FOLLOW_EVENTS_MIN = 10
/**
 * Missed events a connection catches up on one by one, over all logs. Beyond it what is further behind than a
 * look at the newest page jumps there (LOG13).
 */
const CATCH_UP_EVENTS = 3_000
/** Conversations asked for at once, the liveliest first. */
const FETCHES_MAX = 8
/** LOG14, less the inbox. */
const FOLLOWED_MAX = 4_999
const CURSORS_MAX = 500
/** A cache that was not complete for so long is not caught up but fetched anew. */
const SNAPSHOT_AFTER_MS = 7 * 24 * 3600 * 1000
const INBOX_JUMP_EVENTS = 2_000
const DEADLINE_MS = 60_000

export interface SyncOptions {
  call: Call
  store: Store
  folds: Folds
  clock: Clock
  random: () => number
  /** This user's marks in a conversation as the server has them. */
  onMarks(log: string, mark: { delivered: number; read: number }): void
}

/** What a change found out that only the server can answer. */
interface Missing {
  /** Logs to follow, unless they are followed already. */
  follow: Set<string>
  /** Logs to follow again from their cursor: there is a gap, or there are more pages. */
  again: Set<string>
  /** Conversations whose newest page is needed. */
  fetch: Set<string>
  /** The snapshot is no longer a base to stand on. */
  anew: boolean
}

export class Sync {
  readonly #options: SyncOptions
  readonly #reorder = new Map<string, Reorder>()
  /** Logs the next `Follow` asks for. */
  readonly #wanted = new Set<string>()
  /** Logs this connection asked for: they are pushed. */
  readonly #asked = new Set<string>()
  /** Conversations that are being asked for, and those that wait for their turn. */
  readonly #fetching = new Set<string>()
  readonly #toFetch = new Set<string>()
  /** Far behind, but the server cannot show their newest page in one answer: they are read through. */
  readonly #crawling = new Set<string>()
  /** Counts connections, so that what one of them began ends with it. */
  #epoch = 0
  /** Takes back the calls of the connection that ended: the next one asks for more than they do. */
  #ending = new AbortController()
  #following = false
  /** Missed events this connection has taken in. */
  #caughtUp = 0

  constructor(options: SyncOptions) {
    this.#options = options
  }

  /**
   * A connection is being signed in: everything is followed anew. What is asked for in this turn leaves
   * together with the sign-in.
   */
  begin(): void {
    this.disconnected()
    void this.#begin(this.#epoch)
  }

  /** The connection ended: what it was about to bring is forgotten. */
  disconnected(): void {
    this.#epoch += 1
    this.#ending.abort()
    this.#ending = new AbortController()
    this.#reorder.clear()
    this.#wanted.clear()
    this.#asked.clear()
    this.#fetching.clear()
    this.#toFetch.clear()
    this.#crawling.clear()
    this.#following = false
    this.#caughtUp = 0
  }

  /** Pushed events. */
  receive(events: readonly Event[]): void {
    const byLog = new Map<string, LogEvent[]>()
    for (const event of events.map(toEvent)) byLog.set(event.log, [...(byLog.get(event.log) ?? []), event])
    void this.#apply(this.#epoch, (change, missing) => {
      for (const [log, some] of byLog) this.#intake(change, log, some, missing)
    })
  }

  /** A conversation that an answer described: `Open`, `CreateGroup`. */
  async adopt(conversation: Conversation): Promise<void> {
    await this.#apply(this.#epoch, (change, missing) => this.#snapshot(change, conversation, missing))
  }

  /** Asks the server how many messages are unread: what is stored does not tell. */
  recount(log: string): void {
    this.#fetch(this.#epoch, [log])
  }

  // ---- the beginning of a connection ----

  async #begin(epoch: number): Promise<void> {
    const { store, clock } = this.#options
    await this.#persistently(epoch, async () => {
      const { sync } = store.state
      const usable = sync !== null && clock.nowMs() - sync.syncedAtMs < SNAPSHOT_AFTER_MS
      if (usable) {
        this.#want(epoch, this.#followed()) // does not wait for the marks
        await this.#refreshMarks(epoch)
      } else {
        await this.#fetchEverything(epoch)
        this.#want(epoch, [inboxOf(store.state.me)])
      }
    })
  }

  /** LOG13: the newest of everything. The inbox's head is read first: what changes meanwhile comes twice. */
  async #fetchEverything(epoch: number): Promise<void> {
    const { call, store } = this.#options
    const inbox = inboxOf(store.state.me)
    const { page } = await call(Log.method.read, { log: inbox, limit: 1 }, this.#patience())
    const [{ contacts }, { conversations }] = await Promise.all([
      call(Contacts.method.list, {}, this.#patience()),
      call(Chat.method.list, { recent: SNAPSHOT_EVENTS }, this.#patience()),
    ])
    await this.#apply(epoch, (change, missing) => {
      const listed = new Set(contacts.map(({ profile }) => profile?.user))
      for (const user of [...change.state.contacts.keys()]) if (!listed.has(user)) change.deleteContact(user)
      for (const contact of contacts) applyContact(change, contact)
      dropUnlisted(change, [...change.state.conversations.keys()], conversations)
      for (const conversation of conversations) this.#snapshot(change, conversation, missing)
      change.putSync({ inboxCursor: page?.head ?? 0, syncedAtMs: this.#options.clock.nowMs() })
    })
  }

  /** LOG17: marks are asked for anew; so is which conversations there are. */
  async #refreshMarks(epoch: number): Promise<void> {
    const { call, store, clock } = this.#options
    const cursors = new Map([...store.state.conversations.values()].map(({ log, cursor }) => [log, cursor]))
    const { conversations } = await call(Chat.method.list, {}, this.#patience())
    await this.#apply(epoch, (change, missing) => {
      dropUnlisted(change, [...cursors.keys()], conversations)
      for (const conversation of conversations) {
        const { log, head } = conversation
        const cursor = cursors.get(log)
        if (cursor === undefined || head - cursor > JUMP_EVENTS) missing.fetch.add(log)
        else if (head < cursor) {
          // The server lost events that are stored here: it was restored from an older copy.
          applySnapshot(change, this.#options.folds, conversation, { reset: true })
          missing.fetch.add(log)
        } else this.#snapshot(change, conversation, missing)
      }
      if (change.state.sync !== null) change.putSync({ ...change.state.sync, syncedAtMs: clock.nowMs() })
    })
  }

  #snapshot(change: Change, conversation: Conversation, missing: Missing): void {
    const { log } = conversation
    // One that is new here may have been followed before the user left it: then it no longer is.
    const follow = change.state.conversations.has(log) ? missing.follow : missing.again
    const incomplete = applySnapshot(change, this.#options.folds, conversation)
    const stored = change.state.conversations.get(log)
    // A list of many large groups leaves members out of the last of them.
    if ((incomplete && stored?.last === null) || stored?.members.length === 0) missing.fetch.add(log)
    follow.add(log)
    this.#onMarks(conversation)
  }

  #onMarks({ log, members }: Conversation): void {
    const me = this.#options.store.state.me
    const mine = members.find(({ profile }) => profile?.user === me)
    if (mine !== undefined) this.#options.onMarks(log, mine)
  }

  /** The inbox, then the conversations, the liveliest first. */
  #followed(): string[] {
    const { state } = this.#options.store
    const conversations = [...state.conversations.values()].sort((a, b) => b.atMs - a.atMs)
    return [inboxOf(state.me), ...conversations.slice(0, FOLLOWED_MAX).map(({ log }) => log)]
  }

  // ---- following ----

  #want(epoch: number, logs: Iterable<string>): void {
    if (epoch !== this.#epoch) return
    for (const log of logs) this.#wanted.add(log)
    for (const log of logs) this.#asked.add(log)
    if (this.#following || this.#wanted.size === 0) return
    this.#following = true
    void this.#follow(epoch)
  }

  async #follow(epoch: number): Promise<void> {
    let empty = 0
    while (this.#wanted.size > 0 && epoch === this.#epoch) {
      // A server that says there is more and does not send it is not asked in a tight loop.
      if (empty > 0) await this.#pause(retryMs(empty - 1, this.#options.random()))
      const logs = [...this.#wanted].slice(0, CURSORS_MAX)
      for (const log of logs) this.#wanted.delete(log)
      await this.#persistently(epoch, async () => {
        const cursors = logs.flatMap((log) => {
          const after = this.#cursor(log)
          return after === null ? [] : [{ log, after }]
        })
        if (cursors.length === 0) return
        const share = Math.floor(FOLLOW_EVENTS / cursors.length)
        const limit = Math.min(PAGE_EVENTS, Math.max(share, FOLLOW_EVENTS_MIN))
        const request = { cursors, limit }
        const { pages } = await this.#options.call(Log.method.follow, request, this.#patience())
        empty = pages.some(({ events }) => events.length > 0) ? 0 : empty + 1
        await this.#apply(epoch, (change, missing) => {
          for (const [place, cursor] of cursors.entries()) {
            const page = pages[place]
            if (page?.log === cursor.log) this.#turn(change, page, cursor.after, missing)
          }
        })
      })
    }
    if (epoch !== this.#epoch) return
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
    this.#intake(change, log, page.events.map(toEvent), missing)
    const cursor = this.#cursor(log) ?? head
    if (cursor >= head) {
      // What came too early and is not in the log after all is not waited for.
      if (page.events.length === 0 && this.#reorder.get(log)?.gap(cursor) === true) {
        this.#reorder.get(log)?.forget()
        missing.again.delete(log)
      }
    } else if (!inbox && head - cursor > this.#jump && !this.#crawling.has(log)) missing.fetch.add(log)
    else missing.again.add(log)
  }

  /** Further behind than this, a conversation is not read through. */
  get #jump(): number {
    return this.#caughtUp < CATCH_UP_EVENTS ? JUMP_EVENTS : REFRESH_EVENTS
  }

  // ---- events ----

  #intake(change: Change, log: string, events: readonly LogEvent[], missing: Missing): void {
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

  async #apply(epoch: number, run: (change: Change, missing: Missing) => void): Promise<void> {
    const missing: Missing = { follow: new Set(), again: new Set(), fetch: new Set(), anew: false }
    await this.#options.store.change((change) => {
      if (epoch === this.#epoch) run(change, missing)
    })
    if (epoch !== this.#epoch) return
    if (missing.anew) {
      await this.#options.store.change((change) => change.putSync({ inboxCursor: 0, syncedAtMs: 0 }))
      this.begin()
      return
    }
    this.#fetch(epoch, missing.fetch)
    this.#want(
      epoch,
      [...missing.follow].filter((log) => !this.#asked.has(log)),
    )
    this.#want(epoch, missing.again)
  }

  /** The newest page of some conversations: new ones, or such that are far behind. */
  #fetch(epoch: number, logs: Iterable<string>): void {
    if (epoch !== this.#epoch) return
    for (const log of logs) if (!this.#fetching.has(log)) this.#toFetch.add(log)
    for (const log of this.#toFetch) {
      if (this.#fetching.size >= FETCHES_MAX) break
      this.#toFetch.delete(log)
      this.#fetching.add(log)
      void this.#fetchOne(epoch, log).then(() => {
        if (epoch === this.#epoch) this.#fetching.delete(log)
        this.#fetch(epoch, [])
      })
    }
  }

  async #fetchOne(epoch: number, log: string): Promise<void> {
    const { call, folds, store } = this.#options
    await this.#persistently(epoch, async () => {
      // When many wait, enough for the list; the rest comes when it is looked at.
      const recent = this.#toFetch.size > FETCHES_MAX ? 1 : REFRESH_EVENTS
      const request = { log, recent }
      const { conversation } = await call(Chat.method.get, request, this.#patience())
      this.#fetching.delete(log)
      if (conversation === undefined) return
      await this.#apply(epoch, (change, missing) => {
        const known = store.state.conversations.get(log)
        const lost = known !== undefined && conversation.head < known.cursor
        const bare = known !== undefined && known.low > known.cursor
        applySnapshot(change, folds, conversation, { reset: lost || bare, jump: this.#jump })
        this.#onMarks(conversation)
        const cursor = store.state.conversations.get(log)?.cursor ?? 0
        if (conversation.head - cursor > this.#jump) {
          this.#crawling.add(log)
          missing.again.add(log)
        }
        const follow = known === undefined ? missing.again : missing.follow
        follow.add(log)
      })
    })
  }

  /** Repeats what a passing refusal kept from happening, as long as the connection is the same. */
  async #persistently(epoch: number, run: () => Promise<void>): Promise<void> {
    for (let attempt = 0; epoch === this.#epoch; attempt++) {
      try {
        await run()
        return
      } catch (error) {
        const { code, retryAfterMs } = error as RpcError
        if (code === 'not_found' || code === 'unauthenticated' || code === 'permission_denied') return
        await this.#pause(Math.max(retryMs(attempt, this.#options.random()), retryAfterMs))
      }
    }
  }

  #patience(): { deadlineMs: number; signal: AbortSignal } {
    return { deadlineMs: DEADLINE_MS, signal: this.#ending.signal }
  }

  #pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(durationMs, resolve))
  }
}

/** Conversations that were there before the list was asked for and are not in it are over. */
function dropUnlisted(change: Change, before: readonly string[], listed: readonly Conversation[]): void {
  const logs = new Set(listed.map(({ log }) => log))
  for (const log of before) {
    if (!logs.has(log) && change.state.conversations.has(log)) change.dropConversation(log)
  }
}
