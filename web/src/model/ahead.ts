/** The newest pages of conversations that may be opened next, read ahead: what is pressed is there at once. */
import { FIRST_EVENTS, type PageOfRows, type Pages } from './pages'
import type { Store } from './store'

/** More than a screen of the list, so that what was read ahead is there when somebody comes back to it. */
const KEPT_MAX = 32

export class Ahead {
  readonly #store: Store
  readonly #pages: Pages
  readonly #kept = new Map<string, PageOfRows>()
  readonly #reading = new Set<string>()

  constructor(store: Store, pages: Pages) {
    this.#store = store
    this.#pages = pages
    // A page that was read between two changes is forgotten with the first one that concerns it.
    store.listen(({ conversations, reloaded }) => {
      for (const log of [...conversations, ...reloaded]) this.#kept.delete(log)
    })
  }

  /** Reads what is stored. Storage that cannot be read is like storage that holds nothing. */
  async read(log: string): Promise<void> {
    if (this.#kept.has(log) || this.#reading.has(log)) return
    this.#reading.add(log)
    const cursor = this.#cursor(log)
    const page = await this.#pages.stored(log, cursor - FIRST_EVENTS + 1, cursor).catch(() => null)
    this.#reading.delete(log)
    if (page === null) return
    this.#kept.set(log, page)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) break
      this.#kept.delete(oldest)
    }
  }

  /** The newest page, if it was read ahead and is the newest still. */
  newest(log: string): PageOfRows | null {
    const page = this.#kept.get(log)
    return page?.last === this.#cursor(log) ? page : null
  }

  #cursor(log: string): number {
    return this.#store.state.conversations.get(log)?.cursor ?? 0
  }
}
