/** Where the rows stood that were in view at the last look: one of them keeps its place whatever the list does. */
import type { RowElements } from './elements'
import type { Heights } from './heights'

interface Anchor {
  id: string
  /** Below the upper edge of the view. */
  top: number
}

export class Anchors {
  readonly #heights: Heights
  readonly #elements: RowElements
  /** The topmost first. */
  #anchors: Anchor[] = []

  constructor(heights: Heights, elements: RowElements) {
    this.#heights = heights
    this.#elements = elements
  }

  /** None: the list stays at its top. */
  clear(): void {
    this.#anchors = []
  }

  /** This row belongs there, wherever it is now. */
  put(id: string, top: number): void {
    this.#anchors = [{ id, top }]
  }

  /** Takes where the rows stand for where they belong. `top` is where the view's upper edge is among the rows. */
  note(scroller: HTMLElement, top: number): void {
    const edge = scroller.getBoundingClientRect().top
    const first = this.#heights.placeAt(top)
    const last = this.#heights.placeAt(top + scroller.clientHeight)
    this.#anchors = []
    for (const { id } of this.#heights.rows.slice(Math.max(0, first - 1), last + 1)) {
      const box = this.#elements.get(id)?.getBoundingClientRect()
      if (box && box.bottom > edge) this.#anchors.push({ id, top: box.top - edge })
    }
    if (this.#anchors.length > 0) return
    // Nothing is in the document there yet: the bar was dragged.
    const id = this.#heights.rows[first]?.id
    if (id !== undefined) this.put(id, this.#heights.top(first) - top)
  }

  /** Where the view's upper edge belongs among the rows; 0 when no row says so. */
  target(): number {
    const anchor = this.#anchor()
    return anchor === undefined ? 0 : this.#heights.top(this.#heights.placeOf(anchor.id)) - anchor.top
  }

  /** How far below its place the row is that keeps its place; undefined while it is not in the document. */
  moved(scroller: HTMLElement): number | undefined {
    const anchor = this.#anchor()
    const element = anchor && this.#elements.get(anchor.id)
    if (!anchor || !element) return undefined
    return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - anchor.top
  }

  #anchor(): Anchor | undefined {
    return this.#anchors.find(({ id }) => this.#heights.placeOf(id) >= 0)
  }
}
