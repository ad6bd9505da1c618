/** Reads stretches of a conversation: from what is stored here, or from the server. */
import { Chat } from '../schema/chat_pb'
import { Log } from '../schema/log_pb'
import { toEvent } from './convert'
import { eventRange, touchRange, type Database } from './database'
import type { Call, LogEvent } from './feature'
import type { Folds } from './folds'
import { touchesOf } from './intake'
import { withOlder } from './older'
import type { EventRecord, TouchRecord } from './records'
import { Rows } from './rows'
import type { Store } from './store'
import type { Message } from './types'

/** Events loaded when a conversation opens: a screen or two, and as many above them. */
export const FIRST_EVENTS = 100
/** What the server reads at once. */
const READ_MAX = 200
/** Later events of which only their fold knows what they change: so many are tried. */
const SEARCHING_MAX = 500

export interface PagesOptions {
  store: Store
  folds: Folds
  call: Call
}

/** Consecutive events of a log, folded, with what later events made of them. */
export interface PageOfRows {
  readonly first: number
  readonly last: number
  readonly rows: readonly Message[]
}

export class Pages {
  readonly #options: PagesOptions

  constructor(options: PagesOptions) {
    this.#options = options
  }

  /** The events from `from` to `to` that join on to `to`, or with `upwards` to `from`; null when there are none. */
  stored(log: string, from: number, to: number, upwards = false): Promise<PageOfRows | null> {
    return this.#options.store.read(async (database) => {
      const { low, cursor } = this.#options.store.state.conversations.get(log) ?? { low: 1, cursor: 0 }
      const begin = Math.max(from, low)
      const end = Math.min(to, cursor)
      if (begin > end || (upwards ? begin > from : end < to)) return null
      const transaction = reading(database)
      // Together: each way to the disk and back is one that somebody who opens a conversation waits for.
      const [all, laterThanAll] = await Promise.all([
        transaction.objectStore('events').getAll(eventRange(log, begin, end)),
        laterThan(transaction, log, begin, end),
      ])
      const events = upwards ? beginningAt(all, begin) : endingAt(all, end)
      const [first, last] = [events[0]?.seq, events.at(-1)?.seq]
      if (first === undefined || last === undefined) return null
      const whole = first === begin && last === end
      return this.#page(
        log,
        events,
        whole ? laterThanAll : await laterThan(reading(database), log, first, last),
      )
    })
  }

  /** The same from the server. Rejects with `RpcError`. */
  async fetch(log: string, from: number, to: number, upwards = false): Promise<PageOfRows | null> {
    const { store, folds } = this.#options
    // Newer ones are asked for where there is a gap to what is stored: what happened in it is not known here.
    const apart = upwards || to + 1 < (store.state.conversations.get(log)?.low ?? 1)
    const [events, standing] = await Promise.all([
      this.#read(log, from, to, upwards),
      apart ? this.#standing(log, from, to) : [],
    ])
    if (events.length === 0) return null
    await store.change((change) => {
      const record = change.state.conversations.get(log)
      // Only what joins on to what is stored is stored: what lies between might have taken something back.
      if (record === undefined || events.at(-1)?.seq !== Math.min(to, record.cursor)) return
      if (to + 1 < record.low) return
      change.putEvents(events, touchesOf(events, folds))
      change.putConversation(withOlder(record, events, folds, change.state.me))
    })
    const [first, last] = [events[0]?.seq ?? 0, events.at(-1)?.seq ?? 0]
    const later = await store.read((database) => laterThan(reading(database), log, first, last))
    return this.#page(log, events, [...standing, ...later])
  }

  /** What later events made of those from `from` to `to`. */
  async #standing(log: string, from: number, to: number): Promise<LogEvent[]> {
    const told: LogEvent[] = []
    for (let first = from; first <= to;) {
      const { events, last } = await this.#options.call(Chat.method.standing, { log, first, last: to })
      told.push(...events.map(toEvent))
      first = Math.max(first, last) + 1
    }
    return told
  }

  async #read(log: string, from: number, to: number, upwards: boolean): Promise<LogEvent[]> {
    let last = Math.min(to, from + READ_MAX - 1)
    if (!upwards) last = to
    for (;;) {
      const request = { log, after: from - 1, before: last + 1, limit: READ_MAX }
      const { page } = await this.#options.call(Log.method.read, request)
      const events = endingAt((page?.events ?? []).map(toEvent), Math.min(last, page?.head ?? last))
      // A reply has a bound in bytes and keeps the newest: upwards a smaller stretch is asked for then.
      if (!upwards || events[0]?.seq === from || last <= from) return events
      last = from + Math.floor((last - from) / 4)
    }
  }

  #page(log: string, events: readonly LogEvent[], later: readonly LogEvent[]): PageOfRows {
    const { store, folds } = this.#options
    const rows = new Rows(log, { me: store.state.me })
    for (const event of events) folds.apply(rows, event)
    rows.growing = false
    for (const event of later) folds.apply(rows, event)
    return { first: events[0]?.seq ?? 0, last: events.at(-1)?.seq ?? 0, rows: rows.messages }
  }
}

type Reading = ReturnType<typeof reading>

// It returns what it says: the type of a transaction is as long as the schema.
function reading(database: Database) {
  return database.transaction(['events', 'touches'])
}

/** The stored events after a stretch, from seq `first` to `last`, that change rows in it. */
async function laterThan(
  transaction: Reading,
  log: string,
  first: number,
  last: number,
): Promise<EventRecord[]> {
  const touches = transaction.objectStore('touches')
  const [known, searching] = await Promise.all([
    touches.getAll(touchRange(log, first, 0, last)),
    touches.getAll(touchRange(log, 0, last), SEARCHING_MAX),
  ])
  const seqs = new Set([...known, ...searching].map(({ seq }: TouchRecord) => seq))
  const later = [...seqs].filter((seq) => seq > last).sort((a, b) => a - b)
  const found = await Promise.all(later.map((seq) => transaction.objectStore('events').get([log, seq])))
  return found.filter((event) => event !== undefined)
}

/** The events that reach up to `last` without a gap: another tab may have stored or dropped some. */
function endingAt(events: readonly LogEvent[], last: number): LogEvent[] {
  let from = events.length
  while (from > 0 && events[from - 1]?.seq === last - (events.length - from)) from -= 1
  return events.slice(from)
}

/** The events that follow from `first` on without a gap. */
function beginningAt(events: readonly LogEvent[], first: number): LogEvent[] {
  let count = 0
  while (events[count]?.seq === first + count) count += 1
  return events.slice(0, count)
}
