/** What a person is about to do in the open conversation: what they write, answer, change and choose. */
import { createContext } from 'svelte'
import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import type { Attached, LinkPreview, Message } from '../../model/types'
import { mentionsIn } from './mentions'

/** A merged or single forwarding takes so many at once. */
export const CHOSEN_MAX = 100

export class Desk {
  text = $state('')
  /** seq of what the next message answers, 0 for nothing. */
  answering = $state(0)
  preview = $state.raw<LinkPreview | null>(null)
  #changing = $state.raw<Message>()
  /** What was in the composer before a message was taken up to be changed. */
  #aside = ''
  #chosen = $state.raw<ReadonlySet<number>>()
  /** What one recalled here and may want to say better, by seq; it goes with the page. */
  readonly #recalled = new SvelteMap<number, string>()
  /** Counts how often something was taken up to be written again. */
  #takenUp = $state(0)
  /** Who was completed after an @: user id by the name as it stands in the text. */
  readonly #meant = new SvelteMap<string, string>()

  /** Goes on with what was begun earlier, unless something is being written already. */
  resume(text: string, answering: number): void {
    if (this.text !== '' || this.answering > 0) return
    this.text = text
    this.answering = answering
  }

  // ---- writing ----

  get changing(): Message | undefined {
    return this.#changing
  }

  /** seq of the message that is being changed, 0 for none. */
  get editing(): number {
    return this.#changing?.seq ?? 0
  }

  /** `user` is '' for everyone. */
  mean(user: string, name: string): void {
    this.#meant.set(name, user)
  }

  attached(text: string): Attached {
    const preview = this.preview !== null && text.includes(this.preview.url) ? this.preview : null
    return { replyTo: this.answering, mentions: mentionsIn(text, this.#meant), preview }
  }

  answer(seq: number): void {
    this.leaveChanging()
    this.answering = seq
  }

  /** Takes up one's own message; `names` are the names of those it mentions, by user id. */
  change(message: Message, names: ReadonlyMap<string, string>): void {
    if (message.body.kind !== 'text') return
    if (this.#changing === undefined) this.#aside = this.text
    this.#changing = message
    this.answering = message.replyTo
    this.text = message.body.text
    this.preview = message.preview
    for (const { user } of message.mentions) this.mean(user, names.get(user) ?? '')
  }

  /** Back to what was being written before. */
  leaveChanging(): void {
    if (this.#changing === undefined) return
    this.#changing = undefined
    this.text = this.#aside
    this.#aside = ''
    this.answering = 0
    this.preview = null
  }

  recalled(seq: number, text: string): void {
    this.#recalled.set(seq, text)
  }

  /** Whether the words of a message one recalled are still here. */
  remembers(seq: number): boolean {
    return this.#recalled.has(seq)
  }

  get takenUp(): number {
    return this.#takenUp
  }

  /** Puts what was recalled behind what is being written. */
  writeAgain(seq: number): void {
    const text = this.#recalled.get(seq)
    if (text === undefined) return
    this.#recalled.delete(seq)
    this.leaveChanging()
    this.text = this.text.trim() === '' ? text : `${this.text}\n${text}`
    this.#takenUp += 1
  }

  /** What was written is on its way. */
  clear(): void {
    this.text = ''
    this.answering = 0
    this.preview = null
    this.#changing = undefined
    this.#meant.clear()
  }

  // ---- choosing messages ----

  /** undefined: nothing is being chosen. */
  get chosen(): ReadonlySet<number> | undefined {
    return this.#chosen
  }

  /** Returns false when there are too many already. */
  choose(seq: number): boolean {
    const next = new SvelteSet(this.#chosen)
    if (!next.delete(seq)) {
      if (next.size >= CHOSEN_MAX) return false
      next.add(seq)
    }
    this.#chosen = next
    return true
  }

  stopChoosing(): void {
    this.#chosen = undefined
  }
}

export const [getDesk, setDesk] = createContext<Desk>()
