/** The rows of a stretch of one conversation, while events are folded into them. */
import { toHex } from '../link/bytes'
import type { LogEvent, TimelineFold } from './feature'
import type { Message } from './types'

/** What folds need to know beyond the events. */
export interface FoldContext {
  /** This user's id. */
  readonly me: string
}

export class Rows {
  readonly log: string
  readonly context: FoldContext
  #messages: Message[] = []
  #places = new Map<number, number>()

  constructor(log: string, context: FoldContext, messages: readonly Message[] = []) {
    this.log = log
    this.context = context
    for (const message of messages) this.#push(message)
  }

  /** Ascending. Each change makes new `Message` objects; the array itself is reused. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  get newest(): Message | null {
    return this.#messages.at(-1) ?? null
  }

  get(seq: number): Message | undefined {
    const place = this.#places.get(seq)
    return place === undefined ? undefined : this.#messages[place]
  }

  /** Adds a row for an event; events come in the order of the log. */
  add(event: LogEvent, body: Message['body']): void {
    const mine = event.author === this.context.me
    // Only one's own keys make ids: another author may well have chosen the same key.
    const id = mine && event.key.length > 0 ? toHex(event.key) : String(event.seq)
    const { seq, author, atMs } = event
    this.#push({ id, seq, author, mine, atMs, body, delivery: 'sent', error: '', progress: -1, extras: {} })
  }

  replace(message: Message): void {
    const place = this.#places.get(message.seq)
    if (place !== undefined) this.#messages[place] = message
  }

  #push(message: Message): void {
    this.#places.set(message.seq, this.#messages.length)
    this.#messages.push(message)
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
    return this.#rows.messages.findLast(({ body }) => this.#isOwn(body) && matches(body.data))
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
