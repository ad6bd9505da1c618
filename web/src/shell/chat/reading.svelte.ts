/** What the reader has seen: moves the read mark, places the "new messages" line, counts what is below. */
import type { Message, Timeline } from '../../model/types'
import { countNew } from '../text/grouping'

/** A conversation as it was when it was opened. */
export interface Opened {
  /** The newest seq this user had read. */
  readBefore: number
  /** The newest seq of the conversation. */
  newest: number
  mark: (seq: number) => void
}

export class Reading {
  /** The line goes after this seq; -1 until the timeline is there. */
  lineAfter = $state(-1)
  atEnd = $state(true)
  /** New messages below the view. */
  below = $state(0)
  readonly #opened: Opened
  #seen: number
  #lineDrawn = false

  constructor(opened: Opened) {
    this.#opened = opened
    this.#seen = opened.readBefore
  }

  /**
   * Before the rows are drawn: the line is placed as soon as the timeline has caught up with the list
   * of conversations; what is shown first may be the picture of an earlier visit.
   */
  begin({ messages }: Timeline): void {
    const newest = newestOf(messages)
    if (this.lineAfter >= 0 || newest === 0 || newest < this.#opened.newest) return
    this.lineAfter = this.#opened.readBefore
    this.#lineDrawn = countNew(messages, this.lineAfter) > 0
  }

  /** `inView`: the newest seq before the reader's eyes, 0 when the page is hidden; `atEnd`: nothing is below. */
  look({ messages }: Timeline, inView: number, atEnd: boolean): void {
    this.atEnd = atEnd || messages.length === 0
    if (this.lineAfter < 0) return
    if (inView > this.#seen) {
      this.#opened.mark(inView)
      this.#seen = inView
    }
    // What arrives before the reader's eyes needs no line; an answer takes the line away.
    const watching = atEnd && inView > 0
    if (watching && (!this.#lineDrawn || messages.at(-1)?.mine === true)) this.lineAfter = newestOf(messages)
    this.#lineDrawn = countNew(messages, this.lineAfter) > 0
    this.below = countNew(messages, this.#seen)
  }
}

/** The newest seq; what waits to be sent has none. */
export const newestOf = (messages: readonly Message[]): number =>
  messages.findLast(({ seq }) => seq > 0)?.seq ?? 0
