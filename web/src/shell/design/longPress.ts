/** A long press of a finger, and the right mouse button, which is the same wish. */
const PRESS_MS = 450
const MOVED_PX = 10

const ENDS = ['pointerup', 'pointercancel', 'pointerleave'] as const

/** `act` is told which element was meant: `element`, or what `within` selects in it. Returns what ends it. */
export function longPress(
  element: HTMLElement,
  act: (meant: HTMLElement) => void,
  within?: string,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let from = { x: 0, y: 0 }
  const over = new AbortController()
  const { signal } = over
  const stop = (): void => clearTimeout(timer)
  const meantBy = ({ target }: Event): HTMLElement | null =>
    within === undefined || !(target instanceof Element) ? element : target.closest<HTMLElement>(within)

  const press = (event: PointerEvent): void => {
    const meant = meantBy(event)
    if (event.pointerType === 'mouse' || meant === null) return
    from = { x: event.clientX, y: event.clientY }
    stop()
    timer = setTimeout(act, PRESS_MS, meant)
  }
  const move = (event: PointerEvent): void => {
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > MOVED_PX) stop()
  }
  const menu = (event: MouseEvent): void => {
    const meant = meantBy(event)
    if (meant === null) return
    // The browser's own menu is wanted for links and for selected text.
    if (event.target instanceof Element && event.target.closest('a')) return
    if (getSelection()?.isCollapsed === false) return
    event.preventDefault()
    stop()
    act(meant)
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
