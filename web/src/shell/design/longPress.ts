/** A long press of a finger, and the right mouse button, which is the same wish. */
const PRESS_MS = 450
const MOVED_PX = 10

const ENDS = ['pointerup', 'pointercancel', 'pointerleave'] as const

export function longPress(element: HTMLElement, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let from = { x: 0, y: 0 }
  const over = new AbortController()
  const { signal } = over
  const stop = (): void => clearTimeout(timer)

  const press = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') return
    from = { x: event.clientX, y: event.clientY }
    stop()
    timer = setTimeout(act, PRESS_MS)
  }
  const move = (event: PointerEvent): void => {
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > MOVED_PX) stop()
  }
  const menu = (event: MouseEvent): void => {
    // The browser's own menu is wanted for links and for selected text.
    if (event.target instanceof Element && event.target.closest('a')) return
    if (getSelection()?.isCollapsed === false) return
    event.preventDefault()
    stop()
    act()
  }
  element.addEventListener('pointerdown', press, { signal })
  element.addEventListener('pointermove', move, { signal })
  element.addEventListener('contextmenu', menu, { signal })
  for (const end of ENDS) element.addEventListener(end, stop, { signal })
  return () => {
    stop()
    over.abort()
  }
}
