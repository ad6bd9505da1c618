/** Zooming and moving a picture by wheel, fingers or keys. */
const ZOOM_MAX = 8

export class Zoom {
  #scale = $state(1)
  #x = $state(0)
  #y = $state(0)
  // Nothing is drawn from it.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #fingers = new Map<number, { x: number; y: number }>()
  readonly transform = $derived(`translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})`)

  reset(): void {
    this.#scale = 1
    this.#x = this.#y = 0
  }

  /** Around a point given from the middle of the stage. */
  by(factor: number, x = 0, y = 0): void {
    const next = Math.max(1, Math.min(this.#scale * factor, ZOOM_MAX))
    const real = next / this.#scale
    this.#x = next === 1 ? 0 : x - (x - this.#x) * real
    this.#y = next === 1 ? 0 : y - (y - this.#y) * real
    this.#scale = next
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
    }
    const up = (event: PointerEvent): void => void this.#fingers.delete(event.pointerId)
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
    } else if (this.#scale > 1) {
      this.#x += now.x - before.x
      this.#y += now.y - before.y
    }
    this.#fingers.set(event.pointerId, now)
  }
}

const fromMiddle = (event: MouseEvent): [x: number, y: number] => [
  event.clientX - window.innerWidth / 2,
  event.clientY - window.innerHeight / 2,
]
