/** The keys of the field one writes in. */
import type { Completing } from './completing.svelte'
import type { Desk } from './desk.svelte'

export interface ComposerKeys {
  desk: Desk
  completing: Completing
  /** Nothing is written, nothing waits to be sent. */
  empty: () => boolean
  complete: () => boolean
  /** Takes up the newest of one's own messages; false when there is none. */
  changeLast: () => boolean
  send: () => void
}

export function composerKeys(composer: ComposerKeys): (event: KeyboardEvent) => void {
  const { desk, completing } = composer

  function completes({ key, shiftKey }: KeyboardEvent): boolean {
    if (completing.offered.length === 0) return false
    const step = { ArrowDown: 1, ArrowUp: -1 }[key]
    if (step !== undefined) completing.step(step)
    else if (key === 'Escape') completing.close()
    else if ((key === 'Enter' && !shiftKey) || key === 'Tab') return composer.complete()
    else return false
    return true
  }

  function leaves({ key }: KeyboardEvent): boolean {
    if (key !== 'Escape' || desk.editing + desk.answering === 0) return false
    if (desk.editing > 0) desk.leaveChanging()
    else desk.answering = 0
    return true
  }

  return (event) => {
    // While an input method composes, keys choose a word.
    if (event.isComposing || event.key === 'Process') return
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (completes(event) || leaves(event)) {
      event.preventDefault()
      event.stopPropagation()
    } else if (event.key === 'ArrowUp' && composer.empty() && desk.editing === 0) {
      if (composer.changeLast()) event.preventDefault()
    } else if (event.key === 'Enter' && !event.shiftKey) {
      if (matchMedia('(pointer: coarse) and (hover: none)').matches) return
      event.preventDefault()
      composer.send()
    }
  }
}
