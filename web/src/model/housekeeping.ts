/** Keeps what this browser stores of conversations within a bound: the oldest events of those nobody looks at go. */
import type { Clock } from './feature'
import type { ConversationRecord } from './records'
import type { Store } from './store'

/** All conversations together; some 300 bytes each. */
export const STORED_EVENTS_MAX = 400_000
/** Of each conversation these stay, so that it opens at once. */
export const KEPT_EVENTS = 500
const FIRST_AFTER_MS = 60_000
const EVERY_MS = 3_600_000

export class Housekeeping {
  readonly #store: Store
  readonly #clock: Clock
  readonly #isOpen: (log: string) => boolean
  #cancel: () => void = () => undefined

  constructor(store: Store, clock: Clock, isOpen: (log: string) => boolean) {
    this.#store = store
    this.#clock = clock
    this.#isOpen = isOpen
  }

  /** This tab does it from now on. */
  begin(): void {
    this.#later(FIRST_AFTER_MS)
  }

  close(): void {
    this.#cancel()
  }

  #later(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      void this.tidy().catch(() => undefined)
      this.#later(EVERY_MS)
    })
  }

  /** Drops the oldest events of the conversations that were quiet for longest, as far as it takes. */
  async tidy(storedMax = STORED_EVENTS_MAX): Promise<void> {
    await this.#store.change((change) => {
      const records = [...change.state.conversations.values()].sort((a, b) => a.atMs - b.atMs)
      let excess = records.reduce((sum, record) => sum + storedOf(record), -storedMax)
      for (const record of records) {
        if (excess <= 0) return
        const spare = storedOf(record) - KEPT_EVENTS
        if (spare <= 0 || this.#isOpen(record.log)) continue
        const dropped = Math.min(spare, excess)
        const low = record.low + dropped
        change.deleteEventsBelow(record.log, low)
        change.putConversation({ ...record, low })
        excess -= dropped
      }
    })
  }
}

/** How many events of a conversation are stored here. */
export function storedOf({ low, cursor }: ConversationRecord): number {
  return Math.max(0, cursor - low + 1)
}
