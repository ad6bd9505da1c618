/**
 * How high the rows of a long list are, and so where each stands: measured rows exactly, the others as high as
 * those of their kind are on average. Pure.
 */
export interface HeightRow {
  id: string
  kind: string
}

/** Measured heights that are remembered of rows which are not in the list at the moment, at most. */
const REMEMBERED_MAX = 10_000

export class Heights {
  #rows: readonly HeightRow[] = []
  readonly #places = new Map<string, number>()
  readonly #measured = new Map<string, number>()
  readonly #sums = new Map<string, { px: number; count: number }>()
  /** What is taken for rows that were not measured; still while the rows are the same, so that nothing drifts. */
  #estimates = new Map<string, number>()
  /** The top of each row, and of what follows the last. Null after a change. */
  #tops: Float64Array | null = null
  readonly #estimatePx: number

  constructor(estimatePx: number) {
    this.#estimatePx = estimatePx
  }

  get rows(): readonly HeightRow[] {
    return this.#rows
  }

  set(rows: readonly HeightRow[]): void {
    if (rows === this.#rows) return
    this.#rows = rows
    this.#places.clear()
    for (const [place, { id }] of rows.entries()) this.#places.set(id, place)
    if (this.#measured.size > REMEMBERED_MAX)
      for (const id of this.#measured.keys()) if (!this.#places.has(id)) this.#measured.delete(id)
    this.#estimates = new Map([...this.#sums].map(([kind, { px, count }]) => [kind, px / count]))
    this.#tops = null
  }

  /** Returns whether that is news of at least half a pixel. */
  measure(id: string, px: number): boolean {
    const place = this.#places.get(id)
    const before = this.#measured.get(id)
    if (place === undefined || (before !== undefined && Math.abs(before - px) < 0.5)) return false
    const kind = this.#rows[place]?.kind ?? ''
    const { px: sum, count } = this.#sums.get(kind) ?? { px: 0, count: 0 }
    if (before === undefined) this.#sums.set(kind, { px: sum + px, count: count + 1 })
    else this.#sums.set(kind, { px: sum + px - before, count })
    this.#measured.set(id, px)
    this.#tops = null
    return true
  }

  isMeasured(id: string): boolean {
    return this.#measured.has(id)
  }

  /** -1 for a row that is not in the list. */
  placeOf(id: string): number {
    return this.#places.get(id) ?? -1
  }

  top(place: number): number {
    const tops = this.#ensure()
    return tops[Math.max(0, Math.min(place, this.#rows.length))] ?? 0
  }

  get total(): number {
    return this.top(this.#rows.length)
  }

  /** The place of the row at `y`; the first or the last beyond them. */
  placeAt(y: number): number {
    const tops = this.#ensure()
    let low = 0
    let high = this.#rows.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((tops[middle] ?? 0) <= y) low = middle
      else high = middle - 1
    }
    return Math.max(0, low)
  }

  #ensure(): Float64Array {
    if (this.#tops !== null) return this.#tops
    const tops = new Float64Array(this.#rows.length + 1)
    let top = 0
    for (const [place, { id, kind }] of this.#rows.entries()) {
      tops[place] = top
      top += this.#measured.get(id) ?? this.#estimates.get(kind) ?? this.#estimatePx
    }
    tops[this.#rows.length] = top
    return (this.#tops = tops)
  }
}
