/**
 * Puts what the other device said in order. Numbers may skip (the server keeps only the newest signals,
 * a connection may be lost), so a gap is never waited for: it is fetched, and what the fetch leaves out
 * is gone. A fetch that is issued after a number arrived covers everything below it.
 */

/** Held while a fetch is under way; beyond it the oldest is dropped, the next fetch brings it again. */
const WAITING_MAX = 256

export interface Numbered<T> {
  number: number
  signal: T
}

export class Mailbox<T> {
  #last = 0
  #waiting = new Map<number, T>()

  /** The newest number that was handed out. */
  get last(): number {
    return this.#last
  }

  /** Takes one pushed signal; returns what is now in order, and whether a fetch is needed. */
  receive(item: Numbered<T>): { ready: T[]; gap: boolean } {
    if (item.number > this.#last) this.#waiting.set(item.number, item.signal)
    if (this.#waiting.size > WAITING_MAX) this.#waiting.delete(Math.min(...this.#waiting.keys()))
    return this.#drain()
  }

  /** Takes the answer to "everything after `last`": the truth about all numbers up to its newest. */
  fetched(items: readonly Numbered<T>[]): { ready: T[]; gap: boolean } {
    const ready: T[] = []
    for (const item of [...items].sort((a, b) => a.number - b.number)) {
      if (item.number <= this.#last) continue
      this.#last = item.number
      ready.push(item.signal)
    }
    for (const number of [...this.#waiting.keys()]) if (number <= this.#last) this.#waiting.delete(number)
    const rest = this.#drain()
    return { ready: [...ready, ...rest.ready], gap: rest.gap }
  }

  #drain(): { ready: T[]; gap: boolean } {
    const ready: T[] = []
    for (;;) {
      const signal = this.#waiting.get(this.#last + 1)
      if (signal === undefined) break
      this.#last += 1
      this.#waiting.delete(this.#last)
      ready.push(signal)
    }
    return { ready, gap: this.#waiting.size > 0 }
  }
}
