/**
 * Keeps the eye's place while a list changes under it: at the end one stays at the end; elsewhere the
 * row at the top of the view stays where it was, whatever is put in above it. (Browsers' own scroll
 * anchoring is missing in some and would fight with this; it is switched off.)
 */
const AT_END_PX = 48
/** Where the line before what is new stands when a conversation is opened, as a part of the view's height. */
const LINE_AT = 0.2

export class ScrollAnchor {
  atEnd = true
  readonly #scroller: () => HTMLElement | undefined
  #row: HTMLElement | undefined
  #top = 0

  /** `scroller` gives undefined while the view is not mounted; then nothing happens. */
  constructor(scroller: () => HTMLElement | undefined) {
    this.#scroller = scroller
  }

  /** After the person scrolled. */
  look(): void {
    const scroller = this.#scroller()
    if (!scroller) return
    const { scrollHeight, scrollTop, clientHeight } = scroller
    this.atEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX
    this.remember()
  }

  /** Before a change. */
  remember(): void {
    const scroller = this.#scroller()
    if (!scroller) return
    const edge = scroller.getBoundingClientRect().top
    this.#row = firstVisible(scroller, edge)
    this.#top = this.#row?.getBoundingClientRect().top ?? 0
  }

  /** After the change is in the document. */
  restore(): void {
    const scroller = this.#scroller()
    if (!scroller) return
    if (this.atEnd) scroller.scrollTop = scroller.scrollHeight
    else if (this.#row?.isConnected) {
      const moved = this.#row.getBoundingClientRect().top - this.#top
      // Setting the place, even to itself, would end a smooth scroll that is under way.
      if (Math.abs(moved) >= 1) scroller.scrollTop += moved
    }
  }

  /** The view or something in it changed its size. */
  settle(): void {
    if (this.atEnd) this.restore()
  }

  /** The seq of the newest row that is in view; 0 when it has none. */
  inView(): number {
    const scroller = this.#scroller()
    if (!scroller) return 0
    const edge = scroller.getBoundingClientRect().bottom
    const all = rowsOf(scroller)
    const below = firstWhere(all, (row) => row.getBoundingClientRect().top >= edge)
    return Number(all[below - 1]?.dataset['seq'] ?? 0)
  }

  /** Brings an element into the upper part of the view, unless it is at the end anyway. */
  toElement(element: HTMLElement): void {
    const scroller = this.#scroller()
    if (!scroller) return
    const top = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top
    scroller.scrollTop += top - scroller.clientHeight * LINE_AT
    this.look()
  }

  toEnd(smooth = false): void {
    const scroller = this.#scroller()
    scroller?.scrollTo({ top: scroller.scrollHeight, behavior: smooth ? 'smooth' : 'instant' })
  }
}

const rowsOf = (scroller: HTMLElement): NodeListOf<HTMLElement> => scroller.querySelectorAll('[data-row]')

function firstVisible(scroller: HTMLElement, edge: number): HTMLElement | undefined {
  const all = rowsOf(scroller)
  return all[firstWhere(all, (row) => row.getBoundingClientRect().bottom > edge)]
}

/** The rows stand in order, so the search is by halves: a long conversation has thousands. */
function firstWhere(rows: NodeListOf<HTMLElement>, holds: (row: HTMLElement) => boolean): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row && holds(row)) high = middle
    else low = middle + 1
  }
  return low
}
