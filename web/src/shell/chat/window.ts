/**
 * The part of a long list that is in the document, and what keeps the eye's place while the list changes: at the end
 * one stays at the end; elsewhere the row at the top of the view stays where it is, whatever is put in above it,
 * and whatever grows. (Browsers' own scroll anchoring knows nothing of rows that are not there; it is switched off.)
 */
import { Heights, type HeightRow } from './heights'

const AT_END_PX = 48
const AT_TOP_PX = 8
/** Kept ready above and below the view: much, so that a fling shows no gaps; little for the first picture. */
const READY_PX = 1_200
const READY_FIRST_PX = 200
/** The document grows, and follows the view, by so much at once: a few rows, which a frame has time for. */
const STEP_PX = 200
/** Measuring rows moves others into the view, which have to be measured. It ends after a few times. */
const TURNS_MAX = 6
/** Rows that turn out higher or lower than they were taken for move the others by less than this. */
const SLACK_STEP_MAX_PX = 600
/** Further away one does not scroll but is there. */
const GLIDE_VIEWS_MAX = 3

/** A row in the document; `gap` is the height of the rows left out before it. */
export interface Placed<Row> {
  row: Row
  place: number
  gap: number
}

export interface Shown<Row> {
  items: Placed<Row>[]
  /** The height of the rows left out after the last. */
  rest: number
}

interface Anchor {
  id: string
  /** Below the upper edge of the view. */
  top: number
}

export class ListWindow<Row extends HeightRow> {
  /** Nothing is below the view. */
  atEnd: boolean
  readonly #scroller: () => HTMLElement | undefined
  readonly #begins: 'top' | 'end'
  readonly #onTurn: (turn: number) => void
  readonly #heights: Heights
  readonly #elements = new Map<string, HTMLElement>()
  /** What was shown last, by row. */
  #items = new Map<string, Placed<Row>>()
  #rows: readonly Row[] = []
  /** The rows that were in view at the last look, the topmost first: one of them keeps its place. */
  #anchors: Anchor[] = []
  #held: HTMLElement | null = null
  /** Where the view was when it was last looked at or put somewhere, and how `look` was called then. */
  #seenTop = 0
  #ended = true
  #from = 0
  #to = 0
  /** The first row shown; before `#from` when one above has the focus. */
  #first = 0
  #readyPx = READY_FIRST_PX
  #growing = false
  /**
   * By so much more than the rows left out above the first one shown would take, room is kept for them: what was
   * estimated wrong goes here while one scrolls, because setting the scroller's place ends a scroll that is under way.
   */
  #slackPx = 0
  #turnsLeft = TURNS_MAX
  /** Grows when another part of the list has to be in the document. */
  #wantedTurn = 0
  #shownTurn = 0

  /**
   * `scroller` gives undefined while the view is not mounted; then nothing happens. A list that begins at its top stays
   * there while it is there, one that begins at its end at its end. `onTurn` hears when another part of the list has to
   * be in the document: `show` is called with that number then.
   */
  constructor(
    scroller: () => HTMLElement | undefined,
    estimatePx: number,
    begins: 'top' | 'end',
    onTurn: (turn: number) => void,
  ) {
    this.#scroller = scroller
    this.#begins = begins
    this.#onTurn = onTurn
    this.atEnd = begins === 'end'
    this.#heights = new Heights(estimatePx)
  }

  /**
   * A view is moved before anybody hears of it: the focus that goes to a button out of view brings it into view at once,
   * and the event comes with the next frame. What is drawn in between must not put the view back.
   */
  #catchUp(): void {
    const scroller = this.#scroller()
    if (!scroller || scroller.clientHeight === 0 || scroller.scrollTop === this.#seenTop) return
    this.#see(scroller, this.#ended)
  }

  /** What has to be in the document now; `kept` are rows that stay in it wherever the view is: one has the focus. */
  show(rows: readonly Row[], kept: readonly string[], turn: number): Shown<Row> {
    this.#shownTurn = turn
    this.#catchUp()
    if (rows !== this.#rows) {
      this.#rows = rows
      this.#heights.set(rows)
      this.#turnsLeft = TURNS_MAX
    }
    const view = this.#scroller()?.clientHeight || 800
    const top = this.#target(view)
    this.#from = this.#heights.placeAt(top - this.#readyPx)
    this.#to = Math.min(rows.length, this.#heights.placeAt(top + view + this.#readyPx) + 1)
    const places = Array.from({ length: this.#to - this.#from }, (_, n) => this.#from + n)
    const others = kept.map((id) => this.#heights.placeOf(id)).filter((place) => place >= 0)
    const outside = others.filter((place, n) => others.indexOf(place) === n && !places.includes(place))
    places.push(...outside)
    places.sort((a, b) => a - b)
    return this.#placed(places)
  }

  #placed(places: readonly number[]): Shown<Row> {
    const before = this.#items
    this.#items = new Map()
    this.#first = places[0] ?? 0
    const room = this.#heights.top(this.#first)
    this.#slackPx = this.#first === 0 || this.atEnd ? 0 : Math.max(this.#slackPx, -room)
    let bottom = -this.#slackPx
    for (const place of places) {
      const row = this.#rows[place]
      if (row === undefined) continue
      const gap = this.#heights.top(place) - bottom
      const known = before.get(row.id)
      // The same object where nothing changed: what is in it is not looked at again.
      const same = known?.row === row && known.place === place && known.gap === gap
      this.#items.set(row.id, same ? known : { row, place, gap })
      bottom = this.#heights.top(place + 1)
    }
    return { items: [...this.#items.values()], rest: Math.max(0, this.#heights.total - bottom) }
  }

  /** Where the view's upper edge belongs. */
  #target(view: number): number {
    if (this.atEnd) return this.#heights.total - view
    const anchor = this.#anchor()
    return anchor === undefined ? 0 : this.#heights.top(this.#heights.placeOf(anchor.id)) - anchor.top
  }

  #anchor(): Anchor | undefined {
    return this.#anchors.find(({ id }) => this.#heights.placeOf(id) >= 0)
  }

  /** Attached to each row's element: its height is watched as long as it is there. */
  watch(id: string): (element: HTMLElement) => () => void {
    return (element) => {
      this.#elements.set(id, element)
      this.#resized?.observe(element)
      return () => {
        this.#resized?.unobserve(element)
        if (this.#elements.get(id) === element) this.#elements.delete(id)
      }
    }
  }

  elementOf(id: string): HTMLElement | undefined {
    return this.#elements.get(id)
  }

  /** Before the document is changed. */
  hold(): void {
    const active = document.activeElement
    this.#held = active instanceof HTMLElement && this.#scroller()?.contains(active) ? active : null
  }

  /** What had the focus has it again: an element loses it when it is moved, though nobody took it away. */
  #keepFocus(): void {
    const held = this.#held
    this.#held = null
    if (held?.isConnected && document.activeElement === document.body) held.focus({ preventScroll: true })
  }

  /**
   * After the document was changed: measures what is new in it, and puts the view where it belongs. Returns whether
   * it is there; otherwise the document has to change once more. `ended` as in `look`.
   */
  settle(ended: boolean): boolean {
    this.#keepFocus()
    const scroller = this.#scroller()
    if (!scroller || this.#shownTurn !== this.#wantedTurn) return false
    let news = false
    for (const [id, element] of this.#elements)
      if (!this.#heights.isMeasured(id)) news = this.#measure(id, element) || news
    const again = news && this.#turnsLeft > 0
    if (!again || !this.#takeUp(scroller)) this.#keepPlace(scroller)
    if (again) {
      this.#turnsLeft -= 1
      this.#turn()
      return false
    }
    this.look(ended)
    if (this.#readyPx < READY_PX && this.#rows.length > 0) this.#grow()
    return true
  }

  /** The first picture is painted before what is around it is made, and that comes bit by bit. */
  #grow(): void {
    if (this.#growing) return
    this.#growing = true
    // After the frame, not after a while: while a page starts, time is short, and steps would come before the picture.
    requestAnimationFrame(() =>
      setTimeout(() => {
        this.#growing = false
        this.#readyPx += STEP_PX
        this.#turn()
      }),
    )
  }

  /** Another part of the list has to be in the document. */
  #turn(): void {
    this.#wantedTurn += 1
    this.#onTurn(this.#wantedTurn)
  }

  #measure(id: string, element: HTMLElement): boolean {
    const { height } = element.getBoundingClientRect()
    return height > 0 && this.#heights.measure(id, height)
  }

  /** Whether the room kept above the first row can take up by how much the rows have moved, at the next turn. */
  #takeUp(scroller: HTMLElement): boolean {
    if (this.atEnd || this.#first === 0) return false
    const moved = this.#moved(scroller)
    if (moved === undefined || Math.abs(moved) > SLACK_STEP_MAX_PX) return false
    if (this.#heights.top(this.#first) + this.#slackPx < moved) return false
    this.#slackPx -= moved
    return true
  }

  /** How far below its place the row is that keeps its place. */
  #moved(scroller: HTMLElement): number | undefined {
    const anchor = this.#anchor()
    const element = anchor && this.#elements.get(anchor.id)
    if (!anchor || !element) return undefined
    return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - anchor.top
  }

  #keepPlace(scroller: HTMLElement): void {
    if (this.atEnd) {
      const end = scroller.scrollHeight - scroller.clientHeight
      if (Math.abs(end - scroller.scrollTop) >= 1) scroller.scrollTop = end
      this.#seenTop = scroller.scrollTop
      return
    }
    const moved = this.#moved(scroller)
    if (moved === undefined) return
    // Setting the place, even to itself, would end a smooth scroll that is under way.
    if (Math.abs(moved) >= 1) scroller.scrollTop += moved
    this.#seenTop = scroller.scrollTop
  }

  readonly #resized =
    typeof ResizeObserver === 'undefined' ? null : new ResizeObserver((entries) => this.#resize(entries))

  /** Pictures arrive, rows grow, the window changes its size. */
  #resize(entries: readonly ResizeObserverEntry[]): void {
    this.#catchUp()
    let news = false
    for (const { target } of entries) {
      const { rowId: id } = (target as HTMLElement).dataset
      if (id === undefined) news = true
      else if (this.#elements.get(id) === target) news = this.#measure(id, target as HTMLElement) || news
    }
    const scroller = this.#scroller()
    if (!news || !scroller) return
    this.#keepPlace(scroller)
    this.#turnsLeft = TURNS_MAX
    this.#turn()
  }

  /** Begins to follow the scroller's own size; returns what ends all watching. */
  mount(): () => void {
    const scroller = this.#scroller()
    if (scroller) this.#resized?.observe(scroller)
    for (const element of this.#elements.values()) this.#resized?.observe(element)
    return () => this.#resized?.disconnect()
  }

  /** After the person scrolled. `ended`: the list ends with its last row, and is not only cut off there. */
  look(ended: boolean): void {
    const scroller = this.#scroller()
    if (!scroller) return
    this.#see(scroller, ended)
    const top = this.#topOf(scroller)
    const above = top - this.#heights.top(this.#from)
    const below = this.#heights.top(this.#to) - top - scroller.clientHeight
    const least = this.#readyPx - STEP_PX
    const short = (this.#from > 0 && above < least) || (this.#to < this.#rows.length && below < least)
    if (!short) return
    this.#turnsLeft = TURNS_MAX
    this.#turn()
  }

  /** Takes where the view is for where it belongs. */
  #see(scroller: HTMLElement, ended: boolean): void {
    const { scrollHeight, scrollTop, clientHeight } = scroller
    this.#seenTop = scrollTop
    this.#ended = ended
    this.atEnd = this.#begins === 'end' && ended && scrollHeight - scrollTop - clientHeight < AT_END_PX
    const edge = scroller.getBoundingClientRect().top
    const top = this.#topOf(scroller)
    const first = this.#heights.placeAt(top)
    const last = this.#heights.placeAt(top + clientHeight)
    this.#anchors = []
    if (this.#begins === 'top' && scrollTop < AT_TOP_PX) return
    for (let place = Math.max(0, first - 1); place <= last; place++) {
      const id = this.#rows[place]?.id ?? ''
      const box = this.#elements.get(id)?.getBoundingClientRect()
      if (box && box.bottom > edge) this.#anchors.push({ id, top: box.top - edge })
    }
    if (this.#anchors.length === 0) this.#leap(top)
  }

  /** Somewhere where nothing is in the document yet: the bar was dragged. */
  #leap(top: number): void {
    const place = this.#heights.placeAt(top)
    const id = this.#rows[place]?.id
    if (id !== undefined) this.#anchors = [{ id, top: this.#heights.top(place) - top }]
  }

  /** Where the view's upper edge is among the rows. */
  #topOf(scroller: HTMLElement): number {
    return scroller.scrollTop - this.#slackPx
  }

  /** The place of the last row that begins above the lower edge of the view; -1 without any. */
  lastInView(): number {
    const scroller = this.#scroller()
    if (!scroller || this.#rows.length === 0) return -1
    const edge = scroller.getBoundingClientRect().bottom
    let place = Math.min(this.#to, this.#rows.length) - 1
    while (place > this.#from) {
      const box = this.#elements.get(this.#rows[place]?.id ?? '')?.getBoundingClientRect()
      if (box && box.top < edge) break
      place -= 1
    }
    return place
  }

  get distanceToTop(): number {
    const scroller = this.#scroller()
    return scroller ? this.#topOf(scroller) : 0
  }

  get distanceToEnd(): number {
    const scroller = this.#scroller()
    return scroller ? scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight : 0
  }

  /** Brings a row to a place in the view: `at` is a part of the view's height. */
  toRow(id: string, at: number): void {
    const scroller = this.#scroller()
    if (!scroller) return
    this.atEnd = false
    this.#seenTop = scroller.scrollTop
    this.#anchors = [{ id, top: scroller.clientHeight * at }]
    this.#turnsLeft = TURNS_MAX
    this.#turn()
  }

  toEnd(smooth = false): void {
    const scroller = this.#scroller()
    if (!scroller) return
    if (smooth && this.distanceToEnd < scroller.clientHeight * GLIDE_VIEWS_MAX) {
      scroller.scrollTo({ top: scroller.scrollHeight, behavior: 'smooth' })
      return
    }
    this.atEnd = true
    this.#seenTop = scroller.scrollTop
    this.#turnsLeft = TURNS_MAX
    this.#turn()
  }
}
