/** A swipe of a finger to the left over a message answers it. The element needs `touch-action: pan-y`. */
const STARTS_PX = 12
const ACTS_PX = 56
const REACH_PX = 80

/**
 * `shift` is told how far the message is moved, 0 at the end. `begins` says whether what the finger touches can be
 * swiped. Returns what undoes it.
 */
export function swipe(
  element: HTMLElement,
  shift: (px: number) => void,
  act: () => void,
  begins: (touched: EventTarget | null) => boolean = () => true,
): () => void {
  const over = new AbortController()
  const { signal } = over
  let from: { x: number; y: number } | undefined
  let moved = 0

  const end = (): void => {
    const far = moved >= ACTS_PX
    from = undefined
    if (moved !== 0) shift((moved = 0))
    if (far) act()
  }
  const begin = (event: TouchEvent): void => {
    const touch = event.touches.length === 1 ? event.touches[0] : undefined
    from = touch && begins(event.target) ? { x: touch.clientX, y: touch.clientY } : undefined
  }
  const move = (event: TouchEvent): void => {
    const touch = event.touches[0]
    if (from === undefined || touch === undefined) return
    const across = from.x - touch.clientX
    const down = Math.abs(touch.clientY - from.y)
    // Who moves down scrolls; that gesture stays one until the finger is lifted.
    if (moved === 0 && down > STARTS_PX && down > across) from = undefined
    else if (moved > 0 || across > STARTS_PX) {
      moved = Math.max(1, Math.min(REACH_PX, across - STARTS_PX))
      shift(moved)
    }
  }
  const cancel = (): void => {
    moved = Math.min(moved, 1)
    end()
  }
  element.addEventListener('touchstart', begin, { signal, passive: true })
  element.addEventListener('touchmove', move, { signal, passive: true })
  element.addEventListener('touchend', end, { signal })
  element.addEventListener('touchcancel', cancel, { signal })
  return () => over.abort()
}
