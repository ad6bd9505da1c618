/** The conversations somebody looks at: a stretch of events, folded, with what waits in the outbox below. */
import { RpcError } from '../link/errors'
import { Log } from '../schema/log_pb'
import { markOf } from './conversation'
import { toEvent } from './convert'
import { eventsBetween } from './database'
import { fromOutbox, peopleIn, present, reachOf } from './presentation'
import type { Call, LogEvent } from './feature'
import type { Folds } from './folds'
import { Value } from './observable'
import { Rows } from './rows'
import { withOlder } from './older'
import type { Store } from './store'
import type { Observable, Timeline } from './types'

/** Events loaded at once: a screen or two, and as many above them. */
const PAGE_EVENTS = 100
/** Events of one timeline in memory; who scrolls up further than that searches instead. */
const LOADED_MAX = 20_000
/** Timelines whose last picture is kept for the moment they are opened again. */
const REMEMBERED_MAX = 20

export interface TimelinesOptions {
  store: Store
  folds: Folds
  call: Call
  /** 0..1, or -1, of an outbox record. */
  progress: (id: string) => number
  /** Somebody wrote here of whom only the id is known. */
  lookUp: (user: string) => void
}

export class Timelines {
  readonly #options: TimelinesOptions
  readonly #open = new Map<string, OpenTimeline>()

  constructor(options: TimelinesOptions) {
    this.#options = options
    options.store.listen(({ conversations, reloaded, events, people }) => {
      for (const log of new Set([...conversations, ...reloaded])) {
        const mine = events.filter((event) => event.log === log)
        this.#open.get(log)?.committed(mine, reloaded.has(log))
      }
      if (people) for (const timeline of this.#open.values()) timeline.publish()
    })
  }

  observe(log: string): Observable<Timeline> {
    return this.#get(log).value
  }

  /** An upload moved on. */
  refresh(log: string): void {
    this.#open.get(log)?.publish()
  }

  loadOlder(log: string): Promise<void> {
    return this.#get(log).loadOlder()
  }

  #get(log: string): OpenTimeline {
    const timeline = this.#open.get(log) ?? new OpenTimeline(log, this.#options)
    this.#open.delete(log) // the most recently asked for is the last
    this.#open.set(log, timeline)
    for (const [other, candidate] of this.#open) {
      if (this.#open.size <= REMEMBERED_MAX) break
      if (!candidate.watched) this.#open.delete(other)
    }
    return timeline
  }
}

class OpenTimeline {
  readonly value: Value<Timeline>
  readonly #log: string
  readonly #options: TimelinesOptions
  /** Null while nobody looks. */
  #rows: Rows | null = null
  #events: LogEvent[] = []
  #readBefore = 0
  #loadingOlder = false
  watched = false

  constructor(log: string, options: TimelinesOptions) {
    this.#log = log
    this.#options = options
    const empty = { log, messages: [], hasMore: false, loadingOlder: true, readBefore: 0 }
    this.value = new Value<Timeline>(empty, (watched) => this.#watch(watched))
  }

  #watch(watched: boolean): void {
    this.watched = watched
    if (!watched) {
      this.#rows = null
      this.#events = []
      return
    }
    this.#readBefore = -1
    this.#load()
  }

  /** Reads the newest stored events, in step with the record (`Store.read`). */
  #load(): void {
    const { store } = this.#options
    const loading = store.read(async (database) => {
      const record = store.state.conversations.get(this.#log)
      if (record !== undefined && this.#readBefore < 0) this.#readBefore = markOf(record, store.state.me).read
      const { low, cursor } = record ?? { low: 1, cursor: 0 }
      const from = Math.max(low, cursor - PAGE_EVENTS + 1)
      const stored = await eventsBetween(database, this.#log, from, cursor)
      if (!this.watched) return
      this.#events = unbroken(stored, cursor)
      this.#fold()
    })
    // Storage that cannot be read is like storage that holds nothing: the server has it all.
    loading.catch(() => {
      if (this.watched) this.#fold()
    })
  }

  #fold(): void {
    const { store, folds } = this.#options
    this.#rows = new Rows(this.#log, { me: store.state.me })
    for (const event of this.#events) folds.apply(this.#rows, event)
    this.publish()
  }

  committed(events: readonly LogEvent[], reloaded: boolean): void {
    if (!this.watched) return
    if (reloaded || this.#rows === null) {
      this.#load()
      return
    }
    for (const event of events) {
      this.#events.push(event)
      this.#options.folds.apply(this.#rows, event)
    }
    this.publish()
  }

  publish(): void {
    const { store, progress } = this.#options
    const { state } = store
    const record = state.conversations.get(this.#log)
    if (this.#rows === null) return
    const reach = record === undefined ? { delivered: 0, read: 0 } : reachOf(record, state.me)
    const rows = this.#rows.messages.map((row) => present(row, { reach, nameOf: state.nameOf }))
    for (const user of new Set(this.#rows.messages.flatMap(peopleIn))) this.#options.lookUp(user)
    const waiting = state.outboxOf(this.#log).map((each) => fromOutbox(each, state.me, progress(each.id)))
    this.value.set({
      log: this.#log,
      messages: [...rows, ...waiting],
      hasMore: record !== undefined && this.#low > record.joined && this.#events.length < LOADED_MAX,
      loadingOlder: this.#loadingOlder,
      readBefore: Math.max(this.#readBefore, 0),
    })
  }

  /** The lowest seq that is loaded. */
  get #low(): number {
    const record = this.#options.store.state.conversations.get(this.#log)
    return this.#events[0]?.seq ?? (record?.cursor ?? 0) + 1
  }

  async loadOlder(): Promise<void> {
    if (this.#loadingOlder || this.#rows === null || !this.value.get().hasMore) return
    this.#loadingOlder = true
    this.publish()
    try {
      const low = this.#low
      const stored = await this.#readStored(low)
      const older = stored.length > 0 ? stored : await this.#fetch(low)
      if (this.watched && this.#low === low) this.#events.unshift(...older)
    } finally {
      this.#loadingOlder = false
      if (this.watched) this.#fold()
    }
  }

  #readStored(low: number): Promise<LogEvent[]> {
    return this.#options.store.read(async (database) => {
      const record = this.#options.store.state.conversations.get(this.#log)
      const from = Math.max(record?.low ?? low, low - PAGE_EVENTS)
      if (from >= low) return []
      return unbroken(await eventsBetween(database, this.#log, from, low - 1), low - 1)
    })
  }

  async #fetch(low: number): Promise<LogEvent[]> {
    const { call, store, folds } = this.#options
    const { page } = await call(Log.method.read, { log: this.#log, before: low, limit: PAGE_EVENTS })
    const events = unbroken((page?.events ?? []).map(toEvent), low - 1)
    if (events.length === 0)
      throw new RpcError('not_found', 'The older messages are not there any more.', 'no_older')
    await store.change((change) => {
      const record = change.state.conversations.get(this.#log)
      if (record === undefined) return
      change.putEvents(events, false)
      // A hole in what is stored is filled by this; what lies below it is asked for again.
      change.putConversation(withOlder(record, events, folds, change.state.me))
    })
    return events
  }
}

/** The events that reach up to `cursor` without a gap: another tab may have stored or dropped some. */
function unbroken(events: readonly LogEvent[], cursor: number): LogEvent[] {
  let from = events.length
  while (from > 0 && events[from - 1]?.seq === cursor - (events.length - from)) from -= 1
  return events.slice(from)
}
