import type { Span } from './api'

export interface Piece {
  text: string
  marked: boolean
}

/** An excerpt in pieces, those that were found marked. Spans that overlap or lie outside change nothing else. */
export function pieces(excerpt: string, spans: readonly Span[]): Piece[] {
  const points = Array.from(excerpt)
  const found: Piece[] = []
  let at = 0
  const add = (to: number, marked: boolean): void => {
    if (to > at) found.push({ text: points.slice(at, to).join(''), marked })
    at = Math.max(at, to)
  }
  for (const { start, length } of spans.toSorted((a, b) => a.start - b.start)) {
    if (start >= points.length) break
    add(start, false)
    add(Math.min(points.length, start + length), true)
  }
  add(points.length, false)
  return found
}
