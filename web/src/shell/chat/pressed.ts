/**
 * Tells `run` when something in `element` is pressed down, and when it was let go and the click has been heard. Returns
 * what ends it.
 */
export function onPressed(element: HTMLElement, run: (down: boolean) => void): () => void {
  let released: ReturnType<typeof setTimeout> | undefined
  const press = ({ button }: PointerEvent): void => {
    // Another button opens a menu, and some systems never say that it was let go.
    if (button !== 0) return
    clearTimeout(released)
    run(true)
  }
  const release = (): void => {
    clearTimeout(released)
    released = setTimeout(() => run(false))
  }
  const ends = ['pointerup', 'pointercancel', 'blur'] as const
  element.addEventListener('pointerdown', press)
  for (const end of ends) window.addEventListener(end, release)
  return () => {
    clearTimeout(released)
    element.removeEventListener('pointerdown', press)
    for (const end of ends) window.removeEventListener(end, release)
  }
}
