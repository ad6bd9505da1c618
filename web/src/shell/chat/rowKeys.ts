/** Moves the focus among the messages of a timeline: arrows, Home, End. */
import type { Row } from '../text/grouping'

export interface RowKeys {
  rows: () => readonly Row[]
  /** Brings a row into the document. */
  element: (id: string) => Promise<HTMLElement | undefined>
  /** Where the arrows begin when no row has the focus. */
  start: () => string | undefined
  /** The focus has scrolled the list. */
  moved: () => void
  toEnd: () => void
}

export function rowKeys({
  rows,
  element,
  start,
  moved,
  toEnd,
}: RowKeys): (event: KeyboardEvent) => Promise<void> {
  return async (event) => {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event
    const target = event.target as HTMLElement
    const row = target.dataset['rowId']
    // Keys belong to what is in a row as long as that has the focus.
    if (altKey || ctrlKey || metaKey || shiftKey || (row === undefined && target !== event.currentTarget))
      return
    const all = rows()
    const messages = all.flatMap(({ kind, id }) => (kind === 'message' ? [id] : []))
    const at = messages.indexOf(row ?? start() ?? '')
    const step = { ArrowUp: -1, ArrowDown: 1 }[key]
    let next: string | undefined
    if (key === 'Home') next = messages[0]
    else if (key === 'End') next = messages.at(-1)
    else if (step !== undefined)
      next = row === undefined ? (messages[at] ?? messages.at(-1)) : messages[at + step]
    else return
    if (next === undefined) return
    event.preventDefault()
    const found = await element(next)
    found?.focus({ preventScroll: true })
    if (key === 'End') toEnd()
    else {
      found?.scrollIntoView({ block: 'nearest' })
      moved()
    }
  }
}
