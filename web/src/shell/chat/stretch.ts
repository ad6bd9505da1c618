/**
 * Which rows of a long list are in the document: those the view needs at once, those around it a few at a time, so
 * that no frame has to make more rows than it has time for. Pure.
 */

/** Rows from one place up to another, that one not included. */
export interface Range {
  from: number
  to: number
}

export class Stretch implements Range {
  from = 0
  to = 0

  /** Other rows: none of these is in the document. */
  clear(): void {
    this.from = 0
    this.to = 0
  }

  /** The same rows have other places now. */
  shift(by: number): void {
    this.from += by
    this.to += by
  }

  /** Covers `needed`, and comes nearer by `more` rows to `wanted`, which contains it; beyond that no row stays. */
  follow(needed: Range, wanted: Range, more: number): void {
    const apart = this.from >= needed.to || this.to <= needed.from
    const from = apart ? needed.from : Math.min(this.from, needed.from)
    const to = apart ? needed.to : Math.max(this.to, needed.to)
    const above = Math.min(more, Math.max(0, from - wanted.from))
    const below = Math.min(more - above, Math.max(0, wanted.to - to))
    this.from = Math.max(wanted.from, from - above)
    this.to = Math.min(wanted.to, to + below)
  }
}
