/** Lets the up and down keys move the focus among the elements of a list that match `selector`. */
export function arrows(selector: string): (list: HTMLElement) => () => void {
  return (list) => {
    const move = (event: KeyboardEvent): void => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return
      const all = [...list.querySelectorAll<HTMLElement>(selector)]
      const at = all.findIndex((element) => element === document.activeElement)
      const next = at < 0 ? undefined : all[at + step]
      if (next === undefined) return
      event.preventDefault()
      next.focus()
    }
    list.addEventListener('keydown', move)
    return () => list.removeEventListener('keydown', move)
  }
}
