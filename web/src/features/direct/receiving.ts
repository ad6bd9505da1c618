/**
 * The listening end: which previews are shown, and which event of the log takes the place of each. Whatever the
 * sender claims, it can only make its own previews go: events are never hidden, moved or changed.
 */
import type { Preview, Settled } from '../../schema/direct_pb'
import { Pace } from './pace'
import { decode, DirectError, same, type Words } from './record'

/** The server's word comes within a second or two, or something is wrong. */
export const ARRIVES_MS = 10_000
export const UNCONFIRMED_MS = 20_000
export const WITHDRAWN_MS = 5_000
export const SHOWN_MAX = 32
/** Events of the other person that came ahead of their previews, kept to be known again. */
export const EVENTS_MAX = 256
const RECORDS_BURST = 40
const RECORDS_A_S = 10
/** Dropped for coming too fast; who goes on is cut off. */
const DROPPED_MAX = 200

/**
 * arriving: on its way to the server; unconfirmed: the server has not shown it in time; withdrawn: its sender says
 * that the server did not take it.
 */
export type PreviewState = 'arriving' | 'unconfirmed' | 'withdrawn'

/** A preview as it is shown, below all events of the log (DIRECT5). */
export interface Arriving {
  /** Of this receiver: 1, 2, 3 ... */
  readonly number: number
  readonly words: Words
  readonly state: PreviewState
}

interface Waiting {
  shown: Arriving
  /** 0: of a channel that is gone. */
  count: number
  after: number
  /** As its sender says; 0 unknown. */
  seq: number
  untilMs: number
}

/**
 * Listens to one device of one person, in one conversation, across channels. Fed with the records of the newest
 * channel and with every event of the log after `head`, in order.
 */
export class PreviewReceiver {
  readonly #events: { seq: number; words: Words }[] = []
  readonly #pace = new Pace(RECORDS_BURST, RECORDS_A_S)
  #waiting: Waiting[] = []
  #head: number
  /** Events up to here are not remembered. */
  #floor: number
  /** The highest count of this channel. */
  #heard = 0
  #numbered = 0
  #dropped = 0

  constructor(head: number) {
    this.#head = this.#floor = head
  }

  /** What is shown, in the sender's order. */
  get arriving(): readonly Arriving[] {
    return this.#waiting.map(({ shown }) => shown)
  }

  /** When to call `expire`; Infinity for never. */
  get deadlineMs(): number {
    return Math.min(...this.#waiting.map(({ untilMs }) => untilMs))
  }

  /** Another channel takes over: its counts begin anew, what is shown stays (DIRECT4). */
  channel(): void {
    this.#heard = 0
    for (const each of this.#waiting) each.count = 0
  }

  /** Takes a record. Throws `DirectError` when the channel has to be closed. */
  receive(data: unknown, nowMs: number): void {
    if (!this.#pace.allows(nowMs)) {
      this.#dropped += 1
      if (this.#dropped > DROPPED_MAX) throw new DirectError('too many records')
      return
    }
    const record = decode(data)
    if (record.case === 'preview') this.#preview(record.value, nowMs)
    else if (record.case === 'settled') this.#settled(record.value, nowMs)
  }

  #preview({ count, after, text, replyTo }: Preview, nowMs: number): void {
    if (count <= this.#heard) return // repeated, or overtaken
    this.#heard = count
    // Its event may have been here and be forgotten: then the log has shown it (DIRECT8).
    if (after < this.#floor || this.#waiting.length >= SHOWN_MAX) return
    const words = { text, replyTo }
    const place = this.#events.findIndex((event) => event.seq > after && same(event.words, words))
    if (place >= 0) {
      this.#events.splice(place, 1)
      return
    }
    const shown: Arriving = { number: ++this.#numbered, words, state: 'arriving' }
    this.#waiting.push({ shown, count, after, seq: 0, untilMs: nowMs + ARRIVES_MS })
  }

  #settled({ count, seq }: Settled, nowMs: number): void {
    const found = this.#waiting.find((each) => count > 0 && each.count === count && each.seq === 0)
    if (found === undefined) return
    if (seq === 0) {
      found.shown = { ...found.shown, state: 'withdrawn' }
      found.untilMs = Math.min(found.untilMs, nowMs + WITHDRAWN_MS)
    } else if (seq <= this.#head) this.#remove(found)
    else found.seq = seq
  }

  /**
   * The next event: what the other person said in it, null when it is anything else. Returns whether a preview of
   * it was shown until now.
   */
  event(seq: number, words: Words | null): boolean {
    this.#head = Math.max(this.#head, seq)
    const match =
      this.#waiting.find((each) => each.seq === seq) ??
      this.#waiting.find((each) => words !== null && seq > each.after && same(each.shown.words, words))
    if (match !== undefined) this.#remove(match)
    else if (words !== null) {
      this.#events.push({ seq, words })
      if (this.#events.length > EVENTS_MAX) this.#floor = this.#events.shift()?.seq ?? this.#floor
    }
    return match !== undefined
  }

  /** Events were skipped (LOG13): those of the previews may be among them. */
  jumped(head: number): void {
    this.#head = this.#floor = head
    this.#events.length = 0
    this.#waiting = []
  }

  /** Says of what does not come that it does not, and then shows it no longer (DIRECT11). */
  expire(nowMs: number): void {
    for (const each of [...this.#waiting]) {
      if (each.untilMs > nowMs) continue
      if (each.shown.state === 'arriving') {
        each.shown = { ...each.shown, state: 'unconfirmed' }
        each.untilMs = nowMs + UNCONFIRMED_MS
      } else this.#remove(each)
    }
  }

  #remove(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((each) => each !== waiting)
  }
}
