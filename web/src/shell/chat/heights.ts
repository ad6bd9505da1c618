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
  #heights = new Float64Array(0)
  /**
   * Their sums as a Fenwick tree (Fenwick 1994): at index `i`, of the last `i & -i` of the first `i` rows. Each row
   * that comes is measured and moves those after it; adding thousands up again each time took 0.2 s of an opening.
   */
  #tree = new Float64Array(1)
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
    this.#sum()
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
    this.#grow(place, px - (this.#heights[place] ?? 0))
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
    let top = 0
    for (let at = Math.max(0, Math.min(place, this.#rows.length)); at > 0; at -= at & -at)
      top += this.#tree[at] ?? 0
    return top
  }

  get total(): number {
    return this.top(this.#rows.length)
  }

  /** The place of the row at `y`; the first or the last beyond them. */
  placeAt(y: number): number {
    const count = this.#rows.length
    let place = 0
    let top = 0
    for (let step = 2 ** Math.floor(Math.log2(count || 1)); step >= 1; step /= 2) {
      const next = top + (this.#tree[place + step] ?? Infinity)
      if (next > y) continue
      place += step
      top = next
    }
    return Math.max(0, Math.min(place, count - 1))
  }

  #sum(): void {
    const heights = (this.#heights = new Float64Array(this.#rows.length))
    const tree = (this.#tree = new Float64Array(heights.length + 1))
    for (const [place, { id, kind }] of this.#rows.entries()) {
      const px = this.#measured.get(id) ?? this.#estimates.get(kind) ?? this.#estimatePx
      const at = place + 1
      heights[place] = px
      tree[at] = (tree[at] ?? 0) + px
      const above = at + (at & -at)
      if (above < tree.length) tree[above] = (tree[above] ?? 0) + (tree[at] ?? 0)
    }
  }

  #grow(place: number, px: number): void {
    this.#heights[place] = (this.#heights[place] ?? 0) + px
    for (let at = place + 1; at < this.#tree.length; at += at & -at)
      this.#tree[at] = (this.#tree[at] ?? 0) + px
  }
}
