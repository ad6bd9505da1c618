/**
 * What mouse and finger do with the messages of a timeline. Listened for once for all of them: hundreds pass when
 * somebody scrolls.
 */
import type { Message } from '../../model/types'
import { longPress } from '../design/longPress'
import type { Desk } from './desk.svelte'
import { swipe } from './swipe'

/** The id of the row an element is in, else ''. */
export const rowIdAt = (element: Element): string =>
  element.closest<HTMLElement>('[data-row-id]')?.dataset['rowId'] ?? ''

export class Gestures {
  /** The message whose menu is open, and the menu's button. */
  acting = $state.raw<{ id: string; anchor: HTMLElement }>()
  #swiped = $state.raw({ id: '', px: 0 })
  readonly #desk: Desk
  readonly #message: (id: string) => Message | undefined

  constructor(desk: Desk, message: (id: string) => Message | undefined) {
    this.#desk = desk
    this.#message = message
  }

  /** How far a finger has moved a row. */
  shifted(id: string): number {
    return this.#swiped.id === id ? this.#swiped.px : 0
  }

  /** One of a message's buttons, maybe. */
  readonly press = ({ target }: Event): void => {
    const button = (target as Element).closest<HTMLElement>('[data-act]')
    const message = button && this.#message(rowIdAt(button))
    if (!button || !message) return
    if (button.dataset['act'] === 'answer') this.#desk.answer(message.seq)
    // A finger that holds on asks twice on some systems.
    else if (this.acting?.id !== message.id) this.acting = { id: message.id, anchor: button }
  }

  /** Returns what ends it. */
  listen(scroller: HTMLElement): () => void {
    const menu = (bubble: Element): void =>
      bubble.parentElement?.querySelector<HTMLElement>('[data-act=menu]')?.click()
    let touched: Message | undefined
    const canSwipe = (target: EventTarget | null): boolean => {
      const article = (target as Element).closest('article')
      touched = article ? this.#message(rowIdAt(article)) : undefined
      return touched !== undefined && touched.seq > 0 && this.#desk.chosen === undefined
    }
    const shift = (px: number): void => void (this.#swiped = { id: touched?.id ?? '', px })
    const answer = (): void => this.#desk.answer(touched?.seq ?? 0)
    const ends = [longPress(scroller, menu, '[data-bubble]'), swipe(scroller, shift, answer, canSwipe)]
    return () => {
      for (const end of ends) end()
    }
  }
}
