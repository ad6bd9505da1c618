/**
 * The part of a long list that is in the document, and what keeps the eye's place while the list changes: at the end
 * one stays at the end; elsewhere the row at the top of the view stays where it is, whatever is put in above it,
 * and whatever grows. (Browsers' own scroll anchoring knows nothing of rows that are not there; it is switched off.)
 */
import { afterFrame } from './afterFrame'
import { Anchors } from './anchors'
import { RowElements } from './elements'
import { Heights, type HeightRow } from './heights'
import { Placing, type Shown } from './placing'
import { Stretch, type Range } from './stretch'

const AT_END_PX = 48
const AT_TOP_PX = 8
/** Until the view was seen. */
const VIEW_PX = 800
/** In the document above and below the view in any case, and as soon as there is time. */
const NEAR_PX = 100
const READY_PX = 1_200
/** What is ready is completed when so much of it was used up, by so many rows at once: a frame has time for these. */
const USED_PX = 200
const STEP_ROWS = 4
/** Measuring rows moves others into the view, which have to be measured. It ends after a few times. */
const TURNS_MAX = 6
/** Rows that turn out higher or lower than they were taken for move the others by less than this. */
const SLACK_STEP_MAX_PX = 600
/** Further away one does not scroll but is there. */
const GLIDE_VIEWS_MAX = 3

export class ListWindow<Row extends HeightRow> {
  /** Nothing is below the view. */
  atEnd: boolean
  readonly #scroller: () => HTMLElement | undefined
  readonly #begins: 'top' | 'end'
  readonly #onTurn: (turn: number) => void
  readonly #heights: Heights
  readonly #elements: RowElements
  readonly #anchors: Anchors
  readonly #placing: Placing<Row>
  readonly #stretch = new Stretch()
  #rows: readonly Row[] = []
  #held: HTMLElement | null = null
  /** The view as it was when it was last looked at or put somewhere, and how `look` was called then. */
  #viewPx = 0
  #seenTop = 0
  #ended = true
  /** So far above the end somebody at the end has put the view: pressing a button there must not move it. */
  #gapPx = 0
  /** Something in the list is pressed down: what comes is followed afterwards, or the press would meet something else. */
  #pressed = false
  #growing = false
  /** Rows that may be made ready at the next turn. */
  #more = 0
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
    this.#elements = new RowElements(this.#heights, (news) => this.#resize(news))
    this.#anchors = new Anchors(this.#heights, this.#elements)
    this.#placing = new Placing(this.#heights)
  }

  /**
   * A view is moved before anybody hears of it: the focus that goes to a button out of view brings it into view at once,
   * and the event comes with the next frame. What is drawn in between must not put the view back.
   */
  #catchUp(): void {
    // To ask a view that shows nothing yet where it is would make it laid out twice.
    const scroller = this.#placing.empty ? undefined : this.#scroller()
    if (!scroller || scroller.clientHeight === 0 || scroller.scrollTop === this.#seenTop) return
    this.#see(scroller, this.#ended)
  }

  /** What has to be in the document now; `kept` are rows that stay in it wherever the view is: one has the focus. */
  show(rows: readonly Row[], kept: readonly string[], turn: number): Shown<Row> {
    this.#shownTurn = turn
    this.#catchUp()
    if (rows !== this.#rows) this.#take(rows)
    const viewPx = this.#viewPx || VIEW_PX
    const top = this.atEnd ? this.#heights.total - viewPx : this.#anchors.target()
    const around = (px: number): Range => this.#range(top - px, top + viewPx + px)
    this.#stretch.follow(around(NEAR_PX), around(READY_PX), this.#more)
    this.#more = 0
    const { from, to } = this.#stretch
    const places = Array.from({ length: to - from }, (_, n) => from + n)
    const others = new Set(kept.map((id) => this.#heights.placeOf(id)))
    places.push(...[...others].filter((place) => place >= 0 && (place < from || place >= to)))
    places.sort((a, b) => a - b)
    const shown = this.#placing.draw(rows, places)
    this.#slackPx = this.#placing.first === 0 || this.atEnd ? 0 : Math.max(this.#slackPx, -shown.lead)
    return { ...shown, lead: shown.lead + this.#slackPx }
  }

  #take(rows: readonly Row[]): void {
    if (rows.at(-1)?.id !== this.#rows.at(-1)?.id) this.#gapPx = 0
    this.#rows = rows
    this.#heights.set(rows)
    this.#turnsLeft = TURNS_MAX
    const shift = this.#placing.shift()
    if (shift === undefined) this.#stretch.clear()
    else this.#stretch.shift(shift)
  }

  #range(top: number, bottom: number): Range {
    const to = Math.min(this.#rows.length, this.#heights.placeAt(bottom) + 1)
    return { from: this.#heights.placeAt(top), to }
  }

  /** Attached to each row's element, which has the row's id in `data-row-id`: its height is watched as long as it is there. */
  get watch(): (element: HTMLElement) => () => void {
    return this.#elements.watch
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
    if (this.#isCovered(scroller)) return true
    const news = this.#elements.measureNew()
    const again = news && this.#turnsLeft > 0
    if (!again || !this.#takeUp(scroller)) this.#keepPlace(scroller)
    if (again) {
      this.#turnsLeft -= 1
      this.#turn()
      return false
    }
    this.look(ended)
    return true
  }

  /** On a phone what was opened takes the list's place: the list stays where it was left, and nothing can be measured. */
  #isCovered({ clientHeight }: HTMLElement): boolean {
    return this.#begins === 'top' && clientHeight === 0
  }

  /** Another part of the list has to be in the document. */
  #turn(): void {
    this.#wantedTurn += 1
    this.#onTurn(this.#wantedTurn)
  }

  /** The same, when there is time for it. */
  #grow(): void {
    if (this.#growing) return
    this.#growing = true
    afterFrame(() => {
      this.#growing = false
      this.#more = STEP_ROWS
      this.#turnsLeft = TURNS_MAX
      this.#turn()
    })
  }

  /** Whether the room kept above the first row can take up by how much the rows have moved, at the next turn. */
  #takeUp(scroller: HTMLElement): boolean {
    if (this.atEnd || this.#placing.first === 0) return false
    const moved = this.#anchors.moved(scroller)
    if (moved === undefined || Math.abs(moved) > SLACK_STEP_MAX_PX) return false
    if (this.#heights.top(this.#placing.first) + this.#slackPx < moved) return false
    this.#slackPx -= moved
    return true
  }

  #keepPlace(scroller: HTMLElement): void {
    if (this.atEnd) {
      if (this.#pressed) return
      const place = scroller.scrollHeight - scroller.clientHeight - this.#gapPx
      if (Math.abs(place - scroller.scrollTop) >= 1) scroller.scrollTop = place
      this.#seenTop = scroller.scrollTop
      return
    }
    const moved = this.#anchors.moved(scroller)
    if (moved === undefined) return
    // Setting the place, even to itself, would end a smooth scroll that is under way.
    if (Math.abs(moved) >= 1) scroller.scrollTop += moved
    this.#seenTop = scroller.scrollTop
  }

  /** Pictures arrive, rows grow (which is the news), the window changes its size. */
  #resize(news: boolean): void {
    const scroller = this.#scroller()
    if (!scroller || this.#isCovered(scroller)) return
    this.#catchUp()
    if (!news && scroller.clientHeight === this.#viewPx) return
    this.#viewPx = scroller.clientHeight
    this.#keepPlace(scroller)
    this.#turnsLeft = TURNS_MAX
    this.#turn()
  }

  /** Begins to follow the scroller's own size; returns what ends all watching. */
  mount(): () => void {
    return this.#elements.observe(this.#scroller())
  }

  /** After the person scrolled. `ended`: the list ends with its last row, and is not only cut off there. */
  look(ended: boolean): void {
    const scroller = this.#scroller()
    if (!scroller || this.#isCovered(scroller)) return
    this.#see(scroller, ended)
    const top = this.#topOf(scroller)
    const { from, to } = this.#stretch
    const above = from > 0 ? top - this.#heights.top(from) : Infinity
    const below = to < this.#rows.length ? this.#heights.top(to) - top - this.#viewPx : Infinity
    const ready = Math.min(above, below)
    if (ready < 0) {
      this.#turnsLeft = TURNS_MAX
      this.#turn()
    } else if (ready < READY_PX - USED_PX) this.#grow()
  }

  /** Takes where the view is for where it belongs. */
  #see(scroller: HTMLElement, ended: boolean): void {
    const { scrollHeight, scrollTop, clientHeight } = scroller
    const gapPx = scrollHeight - scrollTop - clientHeight
    const follows = this.#pressed && this.atEnd && scrollTop === this.#seenTop
    // What grew while the view stood still is followed; where somebody has put it, it stays.
    if (!this.atEnd || scrollTop !== this.#seenTop) this.#gapPx = Math.max(0, gapPx)
    this.#seenTop = scrollTop
    this.#viewPx = clientHeight
    this.#ended = ended
    this.atEnd = this.#begins === 'end' && ended && (follows || gapPx < AT_END_PX)
    if (this.#begins === 'top' && scrollTop < AT_TOP_PX) this.#anchors.clear()
    else this.#anchors.note(scroller, this.#topOf(scroller))
  }

  /** Where the view's upper edge is among the rows. */
  #topOf(scroller: HTMLElement): number {
    return scroller.scrollTop - this.#slackPx
  }

  press(down: boolean): void {
    this.#pressed = down
    const scroller = this.#scroller()
    if (down || !scroller) return
    this.#catchUp()
    if (this.atEnd) this.#keepPlace(scroller)
  }

  /** The place of the last row that begins above the lower edge of the view; -1 without any. */
  lastInView(): number {
    const scroller = this.#scroller()
    if (!scroller || this.#rows.length === 0) return -1
    const edge = scroller.getBoundingClientRect().bottom
    const { from, to } = this.#stretch
    let place = Math.min(to, this.#rows.length) - 1
    while (place > from) {
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
    this.#anchors.put(id, scroller.clientHeight * at)
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
    this.#gapPx = 0
    this.#seenTop = scroller.scrollTop
    this.#turnsLeft = TURNS_MAX
    this.#turn()
  }
}
