/**
 * One conversation somebody looks at: a stretch of its log, folded, and at its newest end what waits in the outbox.
 * The stretch has a bound. So has the work for each event, however long the conversation is.
 */
import { RpcError } from '../link/errors'
import type { LogEvent } from './feature'
import type { Folds } from './folds'
import { Value } from './observable'
import type { Ahead } from './ahead'
import { FIRST_EVENTS, type PageOfRows, type Pages } from './pages'
import { fromOutbox, peopleIn, present, reachOf } from './presentation'
import { Rows } from './rows'
import type { Store } from './store'
import type { Message, Timeline } from './types'
import { markOf } from './unread'

/** Events loaded at once while somebody scrolls. */
const PAGE_EVENTS = 200
/** What arrives while a conversation opens is little; where it is much the reader asks for more. */
const CATCH_UP_PAGES_MAX = 10
/** Rows of a stretch; what is furthest from where one scrolls goes, and comes again. */
export const STRETCH_ROWS_MAX = 2_000

export interface OpenTimelineOptions {
  store: Store
  folds: Folds
  pages: Pages
  ahead: Ahead
  progress: (id: string) => number
  lookUp: (user: string) => void
}

/** A page that is being read for a stretch. */
interface UnderWay {
  stretch: number
  done: Promise<void>
}

export class OpenTimeline {
  readonly value: Value<Timeline>
  watched = false
  readonly #log: string
  readonly #options: OpenTimelineOptions
  /** Null while nobody looks, and until something was read. */
  #rows: Rows | null = null
  /** Every event from the one to the other is folded into the rows. */
  #low = 1
  #high = 0
  #readBefore = -1
  #loading = false
  #loaded = Promise.resolve()
  #older: UnderWay | null = null
  #newer: UnderWay | null = null
  #loadingOlder = false
  #loadingNewer = false
  #readingOlder = false
  /** Counts the stretches, so that a page for an earlier one is not put into this. */
  #stretch = 0

  constructor(log: string, options: OpenTimelineOptions) {
    this.#log = log
    this.#options = options
    this.value = new Value<Timeline>(this.#empty(), (watched) => this.#watch(watched))
  }

  #watch(watched: boolean): void {
    this.watched = watched
    this.#stretch += 1
    this.#loading = this.#loadingOlder = this.#loadingNewer = false
    if (watched) {
      this.#readBefore = -1
      const page = this.#options.ahead.newest(this.#log)
      if (page) this.#begin(page, page.last)
      else void this.#load()
      return
    }
    // What is remembered for the next time is how it will open: at its end.
    const now = this.value.get()
    const last = { ...now, messages: now.messages.slice(-FIRST_EVENTS), hasMore: true, loadingOlder: true }
    this.value.set(now.hasNewer ? this.#empty() : last)
    this.#rows = null
  }

  #empty(): Timeline {
    const nothing = { messages: [], hasMore: false, hasNewer: false, loadingNewer: false }
    return { log: this.#log, ...nothing, loadingOlder: true, readBefore: 0 }
  }

  #load(): Promise<void> {
    this.#loaded = this.#readNewest()
    return this.#loaded
  }

  /** The newest stored events. Storage that cannot be read is like storage that holds nothing. */
  async #readNewest(): Promise<void> {
    const { pages } = this.#options
    const stretch = ++this.#stretch
    const cursor = this.#cursor
    this.#loading = true
    const page = await pages.stored(this.#log, cursor - FIRST_EVENTS + 1, cursor).catch(() => null)
    if (stretch !== this.#stretch) return
    this.#begin(page, cursor)
    // What arrived while this was read.
    void this.#catchUp(stretch).catch(() => undefined)
  }

  async #catchUp(stretch: number): Promise<void> {
    for (let page = 0; page < CATCH_UP_PAGES_MAX; page++) {
      if (stretch !== this.#stretch || this.#high >= this.#cursor) return
      await this.loadNewer()
    }
  }

  #begin(page: PageOfRows | null, cursor: number): void {
    const { store } = this.#options
    const record = store.state.conversations.get(this.#log)
    if (record !== undefined && this.#readBefore < 0) this.#readBefore = markOf(record, store.state.me).read
    this.#rows = new Rows(this.#log, { me: store.state.me }, page?.rows)
    this.#low = page?.first ?? cursor + 1
    this.#high = page?.last ?? cursor
    this.#readingOlder = false
    this.#loading = this.#loadingOlder = this.#loadingNewer = false
    this.#meet(page?.rows ?? [])
    this.publish()
  }

  committed(events: readonly LogEvent[], reloaded: boolean): void {
    if (!this.watched) return
    if (reloaded) {
      const atNewest = this.#rows === null || !this.value.get().hasNewer
      if (atNewest) void this.#load()
      else void this.#around(Math.round((this.#low + this.#high) / 2)).catch(() => undefined)
    } else if (this.#rows !== null) {
      for (const event of events) this.#take(this.#rows, event)
      this.publish()
    } else if (!this.#loading) void this.#load()
  }

  #take(rows: Rows, event: LogEvent): void {
    const full = rows.messages.length >= STRETCH_ROWS_MAX && this.#readingOlder
    rows.growing = event.seq === this.#high + 1 && !full
    this.#options.folds.apply(rows, event)
    if (!rows.growing) return
    this.#high = event.seq
    if (rows.newest?.seq === event.seq) this.#meet([rows.newest])
    if (rows.messages.length > STRETCH_ROWS_MAX + PAGE_EVENTS) this.#low = rows.keepNewest(STRETCH_ROWS_MAX)
  }

  #meet(rows: readonly Message[]): void {
    for (const user of new Set(rows.flatMap(peopleIn))) this.#options.lookUp(user)
  }

  publish(): void {
    const { store, progress } = this.#options
    const { state } = store
    if (this.#rows === null) return
    const record = state.conversations.get(this.#log)
    const reach = record === undefined ? { delivered: 0, read: 0 } : reachOf(record, state.me)
    const perspective = { reach, nameOf: state.nameOf }
    const messages: Message[] = []
    for (const row of this.#rows.messages)
      if (row.body.kind !== 'disappeared') messages.push(present(row, perspective))
    const hasNewer = this.#high < (record?.cursor ?? 0)
    if (!hasNewer)
      for (const waiting of state.outboxOf(this.#log))
        messages.push(fromOutbox(waiting, state.me, progress(waiting.id)))
    this.value.set({
      log: this.#log,
      messages,
      hasMore: record !== undefined && this.#low > record.joined,
      hasNewer,
      loadingOlder: this.#loadingOlder,
      loadingNewer: this.#loadingNewer,
      readBefore: Math.max(this.#readBefore, 0),
    })
  }

  get #cursor(): number {
    return this.#options.store.state.conversations.get(this.#log)?.cursor ?? 0
  }

  /** Who asks while a page is under way waits for that one: an answer at once would let a loop spin. */
  loadOlder(): Promise<void> {
    if (this.#rows === null) return this.#loaded
    if (this.#older?.stretch !== this.#stretch || !this.#loadingOlder)
      this.#older = { stretch: this.#stretch, done: this.#readOlder() }
    return this.#older.done
  }

  async #readOlder(): Promise<void> {
    if (!this.value.get().hasMore) return
    const stretch = this.#stretch
    const to = this.#low - 1
    const from = Math.max(to - PAGE_EVENTS + 1, this.#joined)
    this.#loadingOlder = true
    this.publish()
    try {
      const page = await this.#page(from, to)
      if (page === null)
        throw new RpcError('not_found', 'The older messages are not there any more.', 'no_older')
      if (stretch === this.#stretch) this.#prepend(page)
    } finally {
      if (stretch === this.#stretch) {
        this.#loadingOlder = false
        this.publish()
      }
    }
  }

  #prepend(page: PageOfRows): void {
    const rows = this.#rows
    if (rows === null || page.last !== this.#low - 1) return
    rows.prepend(page.rows)
    this.#low = page.first
    this.#readingOlder = true
    this.#meet(page.rows)
    if (rows.messages.length > STRETCH_ROWS_MAX) this.#high = rows.keepOldest(STRETCH_ROWS_MAX) - 1
  }

  loadNewer(): Promise<void> {
    if (this.#rows === null) return this.#loaded
    if (this.#newer?.stretch !== this.#stretch || !this.#loadingNewer)
      this.#newer = { stretch: this.#stretch, done: this.#readNewer() }
    return this.#newer.done
  }

  async #readNewer(): Promise<void> {
    if (this.#high >= this.#cursor) return
    const stretch = this.#stretch
    const from = this.#high + 1
    this.#loadingNewer = true
    this.publish()
    try {
      const page = await this.#page(from, Math.min(from + PAGE_EVENTS - 1, this.#cursor), true)
      if (page === null)
        throw new RpcError('not_found', 'The newer messages are not there any more.', 'no_newer')
      if (stretch === this.#stretch) this.#append(page)
    } finally {
      if (stretch === this.#stretch) {
        this.#loadingNewer = false
        this.publish()
      }
    }
  }

  #append(page: PageOfRows): void {
    const rows = this.#rows
    if (rows === null || page.first !== this.#high + 1) return
    rows.append(page.rows)
    this.#high = page.last
    this.#readingOlder = false
    this.#meet(page.rows)
    if (rows.messages.length > STRETCH_ROWS_MAX) this.#low = rows.keepNewest(STRETCH_ROWS_MAX)
  }

  /** Shows the stretch around `seq`, which is there afterwards. */
  async jumpTo(seq: number): Promise<void> {
    if (this.#rows === null || seq < this.#low || seq > this.#high) await this.#around(seq)
  }

  async #around(seq: number): Promise<void> {
    const stretch = ++this.#stretch
    const place = Math.max(this.#joined, Math.min(seq, this.#cursor))
    const half = FIRST_EVENTS / 2
    const from = Math.max(this.#joined, place - half)
    const page = await this.#page(from, Math.min(place + half, this.#cursor))
    const whole = page === null || page.first <= place ? page : await this.#page(from, place)
    if (whole === null)
      throw new RpcError('not_found', 'This message is not there any more.', 'no_such_message')
    if (stretch !== this.#stretch) return
    this.#begin(whole, -1)
    this.#readingOlder = true
  }

  async showNewest(): Promise<void> {
    if (this.#rows !== null && this.#high < this.#cursor) await this.#load()
  }

  get #joined(): number {
    return this.#options.store.state.conversations.get(this.#log)?.joined ?? 1
  }

  async #page(from: number, to: number, upwards = false): Promise<PageOfRows | null> {
    const { pages } = this.#options
    const stored = await pages.stored(this.#log, from, to, upwards).catch(() => null)
    return stored ?? pages.fetch(this.#log, from, to, upwards)
  }
}
