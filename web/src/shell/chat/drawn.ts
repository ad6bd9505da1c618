import type { Message } from '../../model/types'
import { rows, type Row } from '../text/grouping'
import { standsAlone } from './standing'

/** The rows of a timeline, the same objects as before for what did not change: only what did is drawn again. */
export class Drawn {
  #before = new Map<string, Row>()

  rows(messages: readonly Message[], newAfter: number): Row[] {
    const before = this.#before
    this.#before = new Map()
    const drawn = rows(messages, newAfter, standsAlone).map((row) => {
      const known = before.get(row.id)
      return known !== undefined && isSame(known, row) ? known : row
    })
    for (const row of drawn) this.#before.set(row.id, row)
    return drawn
  }
}

function isSame(a: Row, b: Row): boolean {
  if (a.kind !== 'message' || b.kind !== 'message') return a.kind === b.kind
  return a.message === b.message && a.first === b.first && a.last === b.last
}
