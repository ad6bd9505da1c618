/** The conversations somebody looks at. */
import { Ahead } from './ahead'
import { OpenTimeline } from './open-timeline'
import { Pages } from './pages'
import type { Call } from './feature'
import type { Folds } from './folds'
import type { Store } from './store'
import type { Observable, Timeline } from './types'

/** Timelines whose last picture is kept for the moment they are opened again. */
const REMEMBERED_MAX = 20

export interface TimelinesOptions {
  store: Store
  folds: Folds
  call: Call
  /** 0..1, or -1, of an outbox record. */
  progress: (id: string) => number
  /** Somebody wrote here of whom only the id is known. */
  lookUp: (user: string) => void
}

export class Timelines {
  readonly #options: TimelinesOptions
  readonly #pages: Pages
  readonly #ahead: Ahead
  readonly #open = new Map<string, OpenTimeline>()

  constructor(options: TimelinesOptions) {
    this.#options = options
    this.#pages = new Pages(options)
    this.#ahead = new Ahead(options.store, this.#pages)
    options.store.listen(({ conversations, reloaded, events, people }) => {
      for (const [log, timeline] of this.#open) {
        if (!conversations.has(log) && !reloaded.has(log)) continue
        timeline.committed(
          events.filter((event) => event.log === log),
          reloaded.has(log),
        )
      }
      if (people) for (const timeline of this.#open.values()) timeline.publish()
    })
  }

  observe(log: string): Observable<Timeline> {
    return this.#get(log).value
  }

  /** It may be opened next. */
  readAhead(log: string): Promise<void> {
    return this.isOpen(log) ? Promise.resolve() : this.#ahead.read(log)
  }

  /** Whether somebody looks at it now. */
  isOpen(log: string): boolean {
    return this.#open.get(log)?.watched === true
  }

  /** An upload moved on. */
  refresh(log: string): void {
    this.#open.get(log)?.publish()
  }

  loadOlder(log: string): Promise<void> {
    return this.#get(log).loadOlder()
  }

  loadNewer(log: string): Promise<void> {
    return this.#get(log).loadNewer()
  }

  jumpTo(log: string, seq: number): Promise<void> {
    return this.#get(log).jumpTo(seq)
  }

  async showNewest(log: string): Promise<void> {
    await this.#open.get(log)?.showNewest()
  }

  #new(log: string): OpenTimeline {
    return new OpenTimeline(log, { ...this.#options, pages: this.#pages, ahead: this.#ahead })
  }

  #get(log: string): OpenTimeline {
    const timeline = this.#open.get(log) ?? this.#new(log)
    this.#open.delete(log) // the most recently asked for is the last
    this.#open.set(log, timeline)
    for (const [other, candidate] of this.#open) {
      if (this.#open.size <= REMEMBERED_MAX) break
      if (!candidate.watched) this.#open.delete(other)
    }
    return timeline
  }
}
