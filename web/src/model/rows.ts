/** The rows of a stretch of one conversation, while events are folded into them. */
import { toHex } from '../link/bytes'
import type { LogEvent, TimelineFold } from './feature'
import { PLAIN } from './message'
import type { Message } from './types'

/** What folds need to know beyond the events. */
export interface FoldContext {
  /** This user's id. */
  readonly me: string
}

export class Rows {
  readonly log: string
  readonly context: FoldContext
  /** Off: events change the rows that are there, and add none. */
  growing = true
  #messages: Message[]

  /** `messages` ascend. */
  constructor(log: string, context: FoldContext, messages: readonly Message[] = []) {
    this.log = log
    this.context = context
    this.#messages = [...messages]
  }

  /** Ascending. Each change makes new `Message` objects; the array itself is reused. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  get newest(): Message | null {
    return this.#messages.at(-1) ?? null
  }

  get(seq: number): Message | undefined {
    const message = this.#messages[this.#placeOf(seq)]
    return message?.seq === seq ? message : undefined
  }

  /** Adds a row for an event; events come in the order of the log. */
  add(event: LogEvent, body: Message['body'], more: Partial<Message> = {}): void {
    if (!this.growing) return
    const mine = event.author === this.context.me
    // Only one's own keys make ids: another author may well have chosen the same key.
    const id = mine && event.key.length > 0 ? toHex(event.key) : String(event.seq)
    const { seq, author, atMs } = event
    this.#messages.push({ ...PLAIN, id, seq, author, mine, atMs, body, delivery: 'sent', ...more })
  }

  /** The newest row that satisfies `matches`. */
  find(matches: (message: Message) => boolean): Message | undefined {
    return this.#messages.findLast(matches)
  }

  replace(message: Message): void {
    const place = this.#placeOf(message.seq)
    if (this.#messages[place]?.seq === message.seq) this.#messages[place] = message
  }

  /** Puts older rows before these. */
  prepend(older: readonly Message[]): void {
    this.#messages = [...older, ...this.#messages]
  }

  /** Puts newer rows after these. */
  append(newer: readonly Message[]): void {
    this.#messages = [...this.#messages, ...newer]
  }

  /** Keeps the newest `count` rows; returns the seq of the first that is kept. */
  keepNewest(count: number): number {
    this.#messages = this.#messages.slice(-count)
    return this.#messages[0]?.seq ?? 0
  }

  /** Keeps the oldest `count` rows; returns the seq of the first that went. */
  keepOldest(count: number): number {
    const gone = this.#messages[count]?.seq ?? 0
    this.#messages = this.#messages.slice(0, count)
    return gone
  }

  /** Where the row of `seq` is or would be: rows stand in order, so the search is by halves. */
  #placeOf(seq: number): number {
    let low = 0
    let high = this.#messages.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#messages[middle]?.seq ?? 0) < seq) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The rows as one feature may touch them while one event is folded. */
  forFeature(feature: string, event: LogEvent): TimelineFold {
    return new FeatureRows(this, feature, event)
  }
}

class FeatureRows implements TimelineFold {
  readonly #rows: Rows
  readonly #feature: string
  readonly #event: LogEvent

  constructor(rows: Rows, feature: string, event: LogEvent) {
    this.#rows = rows
    this.#feature = feature
    this.#event = event
  }

  get log(): string {
    return this.#rows.log
  }

  get me(): string {
    return this.#rows.context.me
  }

  addRow(data: unknown): void {
    this.#rows.add(this.#event, { kind: 'feature', feature: this.#feature, data })
  }

  row(seq: number): Message | undefined {
    return this.#rows.get(seq)
  }

  findRow(matches: (data: unknown) => boolean): Message | undefined {
    return this.#rows.find(({ body }) => this.#isOwn(body) && matches(body.data))
  }

  setData(seq: number, data: unknown): void {
    const row = this.#rows.get(seq)
    if (row === undefined || !this.#isOwn(row.body)) return
    this.#rows.replace({ ...row, body: { ...row.body, data } })
  }

  setExtra(seq: number, extra: unknown): void {
    const row = this.#rows.get(seq)
    if (row === undefined) return
    const others = Object.entries(row.extras).filter(([feature]) => feature !== this.#feature)
    const extras = Object.fromEntries(extra === undefined ? others : [...others, [this.#feature, extra]])
    this.#rows.replace({ ...row, extras })
  }

  #isOwn(body: Message['body']): body is Extract<Message['body'], { kind: 'feature' }> {
    return body.kind === 'feature' && body.feature === this.#feature
  }
}

/** Rows that hold nothing and note which ones a fold asks for. */
export class Probe extends Rows {
  /** By seq; 0 when a fold searched. */
  readonly asked = new Set<number>()

  constructor(log: string) {
    super(log, { me: '' })
  }

  override add(): void {
    // The event's own row is none it changes.
  }

  override get(seq: number): undefined {
    this.asked.add(seq)
    return undefined
  }

  override find(): undefined {
    this.asked.add(0)
    return undefined
  }
}
