/** Offers what the word before the caret could become, and puts what was chosen in its place. */
import type { ChatApi } from '../../model/api'
import type { ConversationSummary, Person } from '../../model/types'
import { search } from '../emoji/list'
import { t } from '../i18n/i18n.svelte'
import { emojiLike, peopleLike, wordBefore, type Suggestion, type Word } from './completion'

export interface Completed {
  text: string
  caret: number
  suggestion: Suggestion
}

export class Completing {
  offered = $state.raw<readonly Suggestion[]>([])
  current = $state(0)
  #word: Word | undefined
  /** All members of a large group, once they were asked for. */
  #members: readonly Person[] | undefined
  #asking = false
  readonly #chat: Pick<ChatApi, 'members'>
  readonly #conversation: () => ConversationSummary
  readonly #me: () => string

  constructor(chat: Pick<ChatApi, 'members'>, conversation: () => ConversationSummary, me: () => string) {
    this.#chat = chat
    this.#conversation = conversation
    this.#me = me
  }

  look(text: string, caret: number): void {
    this.#word = wordBefore(text, caret)
    this.current = 0
    if (this.#word === undefined) this.offered = []
    else if (this.#word.kind === 'emoji') this.offered = emojiLike(search(this.#word.query))
    else this.offered = this.#conversation().group ? peopleLike(this.#word.query, this.#people()) : []
  }

  step(by: number): void {
    const count = this.offered.length
    this.current = (this.current + by + count) % count
  }

  close(): void {
    this.#word = undefined
    this.offered = []
  }

  /** Undefined when nothing is offered. */
  take(text: string, at = this.current): Completed | undefined {
    const suggestion = this.offered[at]
    const word = this.#word
    if (suggestion === undefined || word === undefined) return undefined
    const written = suggestion.kind === 'person' ? `@${suggestion.name} ` : suggestion.emoji
    const end = word.from + 1 + word.query.length
    this.close()
    return {
      text: text.slice(0, word.from) + written + text.slice(end),
      caret: word.from + written.length,
      suggestion,
    }
  }

  #people(): Person[] {
    const conversation = this.#conversation()
    if (conversation.memberCount > conversation.members.length) this.#ask(conversation.log)
    const me = this.#me()
    const role = conversation.members.find(({ person }) => person.user === me)?.role ?? 'member'
    const everyone = { user: '', handle: 'all', name: t('mention.everyone'), picture: '', about: '' }
    const known = this.#members ?? conversation.members.map(({ person }) => person)
    const others = known.filter(({ user }) => user !== me)
    return role === 'member' ? others : [...others, everyone]
  }

  #ask(log: string): void {
    if (this.#asking) return
    this.#asking = true
    this.#chat.members(log).then(
      (members) => {
        this.#members = members.map(({ person }) => person)
        if (this.#word?.kind === 'person') this.offered = peopleLike(this.#word.query, this.#people())
      },
      // Those that are known are offered; the next word asks again.
      () => (this.#asking = false),
    )
  }
}
