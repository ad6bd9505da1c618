/** Which rows of a long list are drawn, and the room for those that are left out. Pure. */
import type { Heights, HeightRow } from './heights'

/** A row in the document; `gap` is the height of the rows left out between it and the one before it. */
export interface Placed<Row> {
  row: Row
  place: number
  gap: number
}

export interface Shown<Row> {
  items: Placed<Row>[]
  /** The height of the rows left out before the first, and after the last. */
  lead: number
  rest: number
}

export class Placing<Row extends HeightRow> {
  /** The place of the first row that is drawn. */
  first = 0
  readonly #heights: Heights
  /** What was drawn last, by row. */
  #items = new Map<string, Placed<Row>>()

  constructor(heights: Heights) {
    this.#heights = heights
  }

  /** Nothing is drawn. */
  get empty(): boolean {
    return this.#items.size === 0
  }

  /** By how many places the rows have moved that are drawn; undefined when none of them is in the list any more. */
  shift(): number | undefined {
    for (const { row, place } of this.#items.values()) {
      const now = this.#heights.placeOf(row.id)
      if (now >= 0) return now - place
    }
    return undefined
  }

  /** `places` ascend. */
  draw(rows: readonly Row[], places: readonly number[]): Shown<Row> {
    const before = this.#items
    this.#items = new Map()
    this.first = places[0] ?? 0
    const lead = this.#heights.top(this.first)
    let bottom = lead
    for (const place of places) {
      const row = rows[place]
      if (row === undefined) continue
      const gap = this.#heights.top(place) - bottom
      const known = before.get(row.id)
      // The same object where nothing changed: what is in it is not looked at again.
      const same = known?.row === row && known.place === place && known.gap === gap
      this.#items.set(row.id, same ? known : { row, place, gap })
      bottom = this.#heights.top(place + 1)
    }
    const rest = Math.max(0, this.#heights.total - bottom)
    return { items: [...this.#items.values()], lead, rest }
  }
}
