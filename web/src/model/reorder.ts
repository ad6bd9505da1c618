/**
 * Puts the events of one log in order (LOG8): drops what is known, hands out what follows the cursor,
 * keeps a little of what came too early. Pure.
 */
import type { LogEvent } from './feature'

/** Kept per log while a gap is being filled; what is dropped beyond it comes with the next page. */
const EARLY_MAX = 300

export class Reorder {
  #early = new Map<number, LogEvent>()
  #seen = 0

  /** Something between the cursor and what was seen is missing: follow again from the cursor. */
  gap(cursor: number): boolean {
    return this.#seen > cursor
  }

  /** Gives up on what came too early: the log itself says it is not there. */
  forget(): void {
    this.#early.clear()
    this.#seen = 0
  }

  /** The events that follow `cursor` without a gap, given some more, in any order and any number of times. */
  take(cursor: number, events: readonly LogEvent[]): LogEvent[] {
    for (const event of events) {
      if (event.seq <= cursor) continue
      this.#seen = Math.max(this.#seen, event.seq)
      if (this.#early.size < EARLY_MAX || event.seq === cursor + 1) this.#early.set(event.seq, event)
    }
    const ready: LogEvent[] = []
    for (let seq = cursor + 1; ; seq++) {
      const event = this.#early.get(seq)
      if (event === undefined) break
      this.#early.delete(seq)
      ready.push(event)
    }
    const reached = cursor + ready.length
    for (const seq of this.#early.keys()) if (seq <= reached) this.#early.delete(seq)
    return ready
  }
}
