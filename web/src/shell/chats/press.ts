/** The wish for a menu of a link: a right click, the menu key, a long press of a finger. */
const PRESS_MS = 500
const MOVED_PX = 10

const ENDS = ['pointerup', 'pointercancel', 'pointerleave'] as const

/** Calls `act`; returns what ends it. The press that opened a menu opens no link. */
export function press(element: HTMLElement, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let from = { x: 0, y: 0 }
  let pressed = false
  const over = new AbortController()
  const { signal } = over
  const stop = (): void => clearTimeout(timer)

  element.addEventListener(
    'pointerdown',
    (event) => {
      pressed = false
      if (event.pointerType === 'mouse') return
      from = { x: event.clientX, y: event.clientY }
      stop()
      timer = setTimeout(() => {
        pressed = true
        act()
      }, PRESS_MS)
    },
    { signal },
  )
  element.addEventListener(
    'pointermove',
    (event) => {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > MOVED_PX) stop()
    },
    { signal },
  )
  for (const end of ENDS) element.addEventListener(end, stop, { signal })
  element.addEventListener(
    'contextmenu',
    (event) => {
      event.preventDefault()
      stop()
      act()
    },
    { signal },
  )
  element.addEventListener(
    'click',
    (event) => {
      if (pressed) event.preventDefault()
      pressed = false
    },
    { signal },
  )
  return () => {
    stop()
    over.abort()
  }
}
