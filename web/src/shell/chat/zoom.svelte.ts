/** Zooming and moving a picture by wheel, fingers or keys; turning pages by a swipe as long as it is not zoomed. */
const ZOOM_MAX = 8
/** A finger that went so far means it. */
const SWIPE_PX = 60

/** What a swipe over the whole picture does. */
export interface Swipes {
  /** 1 for the next one, -1 for the one before. */
  turn: (step: number) => void
  close: () => void
}

export class Zoom {
  #scale = $state(1)
  #x = $state(0)
  #y = $state(0)
  readonly #swipes: Swipes
  // Nothing is drawn from it.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #fingers = new Map<number, { x: number; y: number }>()
  /** One finger moves a picture that is not zoomed. */
  #swiping = false
  readonly transform = $derived(`translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})`)

  constructor(swipes: Swipes) {
    this.#swipes = swipes
  }

  reset(): void {
    this.#scale = 1
    this.#x = this.#y = 0
  }

  /** Around a point given from the middle of the stage. */
  by(factor: number, x = 0, y = 0): void {
    const next = Math.max(1, Math.min(this.#scale * factor, ZOOM_MAX))
    const real = next / this.#scale
    this.#scale = next
    this.#to(x - (x - this.#x) * real, y - (y - this.#y) * real)
  }

  toggle(event: MouseEvent): void {
    if (this.#scale > 1) this.reset()
    else this.by(2.5, ...fromMiddle(event))
  }

  /** An attachment for the stage. */
  listen = (stage: HTMLElement): (() => void) => {
    const over = new AbortController()
    const { signal } = over
    const wheel = (event: WheelEvent): void => {
      event.preventDefault()
      this.by(Math.exp(-event.deltaY / 300), ...fromMiddle(event))
    }
    const down = (event: PointerEvent): void => {
      stage.setPointerCapture(event.pointerId)
      this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY })
      this.#swiping = this.#fingers.size === 1 && this.#scale === 1 && event.pointerType !== 'mouse'
      if (this.#scale === 1) this.reset()
    }
    const up = (event: PointerEvent): void => {
      this.#fingers.delete(event.pointerId)
      if (this.#swiping) this.#swiped(event.type === 'pointerup')
    }
    stage.addEventListener('wheel', wheel, { passive: false, signal })
    stage.addEventListener('pointerdown', down, { signal })
    stage.addEventListener('pointermove', (event) => this.#move(event), { signal })
    stage.addEventListener('pointerup', up, { signal })
    stage.addEventListener('pointercancel', up, { signal })
    return () => over.abort()
  }

  #move(event: PointerEvent): void {
    const before = this.#fingers.get(event.pointerId)
    if (!before) return
    const now = { x: event.clientX, y: event.clientY }
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1]
    if (other) {
      const was = Math.hypot(before.x - other.x, before.y - other.y)
      if (was > 0) this.by(Math.hypot(now.x - other.x, now.y - other.y) / was, ...fromMiddle(event))
    } else if (this.#swiping) {
      this.#x += now.x - before.x
      this.#y += now.y - before.y
    } else if (this.#scale > 1) {
      this.#to(this.#x + now.x - before.x, this.#y + now.y - before.y)
    }
    this.#fingers.set(event.pointerId, now)
  }

  /** The finger left; `meant` false: the browser took the gesture away. */
  #swiped(meant: boolean): void {
    const [x, y] = [this.#x, this.#y]
    this.#swiping = false
    this.reset()
    if (!meant) return
    if (Math.abs(x) > Math.abs(y)) {
      if (Math.abs(x) > SWIPE_PX) this.#swipes.turn(x < 0 ? 1 : -1)
    } else if (y > SWIPE_PX) this.#swipes.close()
  }

  /** Some of the picture stays in sight. */
  #to(x: number, y: number): void {
    const reach = (this.#scale - 1) / 2
    this.#x = within(x, window.innerWidth * reach)
    this.#y = within(y, window.innerHeight * reach)
  }
}

const within = (value: number, bound: number): number => Math.max(-bound, Math.min(value, bound))

const fromMiddle = (event: MouseEvent): [x: number, y: number] => [
  event.clientX - window.innerWidth / 2,
  event.clientY - window.innerHeight / 2,
]
