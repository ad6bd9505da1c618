/** The elements of the rows that are in the document: how high they are, and when that changes. */
import type { Heights } from './heights'

export class RowElements {
  readonly #heights: Heights
  readonly #elements = new Map<string, HTMLElement>()
  readonly #resized: ResizeObserver | null

  /** `onResize` hears whether a row has another height than was known, and so when anything else that is observed changes. */
  constructor(heights: Heights, onResize: (news: boolean) => void) {
    this.#heights = heights
    const resized = (entries: readonly ResizeObserverEntry[]): void => {
      let news = false
      for (const { target } of entries) {
        const { rowId: id } = (target as HTMLElement).dataset
        const element = this.#elements.get(id ?? '')
        if (element === target) news = this.#measure(id ?? '', element) || news
      }
      onResize(news)
    }
    this.#resized = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(resized)
  }

  /** Attached to each row's element, which has the row's id in `data-row-id`. */
  readonly watch = (element: HTMLElement): (() => void) => {
    const id = element.dataset['rowId'] ?? ''
    this.#elements.set(id, element)
    this.#resized?.observe(element)
    return () => {
      this.#resized?.unobserve(element)
      if (this.#elements.get(id) === element) this.#elements.delete(id)
    }
  }

  get(id: string): HTMLElement | undefined {
    return this.#elements.get(id)
  }

  /** Measures those that were never measured; returns whether there is news. */
  measureNew(): boolean {
    let news = false
    for (const [id, element] of this.#elements)
      if (!this.#heights.isMeasured(id)) news = this.#measure(id, element) || news
    return news
  }

  #measure(id: string, element: HTMLElement): boolean {
    const { height } = element.getBoundingClientRect()
    return height > 0 && this.#heights.measure(id, height)
  }

  /** Follows `scroller`'s size too; returns what ends all watching. */
  observe(scroller: HTMLElement | undefined): () => void {
    if (scroller) this.#resized?.observe(scroller)
    for (const element of this.#elements.values()) this.#resized?.observe(element)
    return () => this.#resized?.disconnect()
  }
}
