/** Tells the model what is being written: the draft, and that somebody is typing; both not too often. */
import type { ChatApi } from '../../model/api'

const SAVE_AFTER_MS = 400
/** "Typing" is said again after this while the keys keep moving, and withdrawn after it when they rest. */
const TYPING_MS = 4000

export class Drafting {
  readonly #chat: Pick<ChatApi, 'saveDraft' | 'setTyping'>
  readonly #log: string
  #save: ReturnType<typeof setTimeout> | undefined
  #rest: ReturnType<typeof setTimeout> | undefined
  #saidAtMs = 0

  constructor(chat: Pick<ChatApi, 'saveDraft' | 'setTyping'>, log: string) {
    this.#chat = chat
    this.#log = log
  }

  changed(text: string, replyTo = 0): void {
    clearTimeout(this.#save)
    this.#save = setTimeout(() => this.#chat.saveDraft(this.#log, text, replyTo), SAVE_AFTER_MS)
    if (text.trim() === '') {
      this.#stopTyping()
      return
    }
    if (Date.now() - this.#saidAtMs > TYPING_MS) {
      this.#saidAtMs = Date.now()
      this.#chat.setTyping(this.#log, true)
    }
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => this.#stopTyping(), TYPING_MS)
  }

  sent(): void {
    clearTimeout(this.#save)
    this.#chat.saveDraft(this.#log, '')
    this.#stopTyping()
  }

  /** The conversation is left with this in the composer. */
  leave(text: string, replyTo = 0): void {
    clearTimeout(this.#save)
    this.#chat.saveDraft(this.#log, text, replyTo)
    this.#stopTyping()
  }

  #stopTyping(): void {
    clearTimeout(this.#rest)
    if (this.#saidAtMs === 0) return
    this.#saidAtMs = 0
    this.#chat.setTyping(this.#log, false)
  }
}
