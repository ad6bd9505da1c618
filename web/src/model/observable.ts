import type { Observable } from './types'

/** A value whose changes can be watched: the contract of Svelte's stores. */
export class Value<T> implements Observable<T> {
  #value: T
  #watchers = new Set<(value: T) => void>()
  readonly #onWatched: ((watched: boolean) => void) | undefined

  /** `onWatched` hears when the first watcher comes and when the last one goes. */
  constructor(value: T, onWatched?: (watched: boolean) => void) {
    this.#value = value
    this.#onWatched = onWatched
  }

  get(): T {
    return this.#value
  }

  /** Setting the same value again tells nobody. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const watcher of [...this.#watchers]) if (this.#watchers.has(watcher)) watcher(value)
  }

  subscribe(run: (value: T) => void): () => void {
    const watcher = (value: T): void => run(value) // the same function may subscribe twice
    this.#watchers.add(watcher)
    if (this.#watchers.size === 1) this.#onWatched?.(true)
    run(this.#value)
    return () => {
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#onWatched?.(false)
    }
  }
}
