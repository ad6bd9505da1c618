/** Two who know the same code: letters until both have shown it, then words under its key, in order. */
import { create } from '@bufbuild/protobuf'
import type { FeatureContext } from '../../model/feature'
import { Ending, WordSchema, type Letter, type Word } from '../../schema/quicksend_pb'
import type { Code } from './code'
import { Conversation, LetterError, type Role } from './letters'
import { Mailbox } from './mailbox'
import { Signals } from './signals'
import { RANDOM_BYTES } from './spake2'

export const TOKEN_BYTES = 16
/** Programs answer each other; whoever is silent meanwhile may have seen that a word was wrong (QUICK9). */
const ANSWER_WITHIN_MS = 45_000

export interface MeetingOptions {
  context: FeatureContext
  code: Code
  token: Uint8Array
  role: Role
}

export interface MeetingEvents {
  /** Both know the code. */
  onConfirmed: () => void
  /** What is said that is no signal. What it throws ends the meeting. */
  onWord: (word: Word) => void
  /** The channel is over. */
  onEnded: (ending: Ending) => void
  /** Something was said that ends it; `ending` is how the other side hears of it. */
  onFailed: (error: unknown, ending?: Ending) => void
}

export class Meeting {
  /** What opens a path between the two. */
  readonly signals: Signals
  readonly #options: MeetingOptions
  readonly #events: MeetingEvents
  readonly #conversation: Conversation
  readonly #mailbox: Mailbox
  #chain: Promise<unknown> = Promise.resolve()
  /** Sealed, and perhaps not with the server. */
  #unsaid: Letter | null = null
  #cancelTimer: () => void = () => undefined

  constructor(options: MeetingOptions, events: MeetingEvents) {
    const { context, code, token, role } = options
    this.#options = options
    this.#events = events
    this.#conversation = new Conversation(code, context.randomBytes(RANDOM_BYTES), role)
    this.signals = new Signals(context, {
      say: (signal) => this.say({ case: 'signal', value: signal }),
      relays: () => this.#mailbox.relays(),
    })
    this.#mailbox = new Mailbox(context, code.number, token, {
      onLetter: (letter) => this.#heard(letter),
      onEnd: (ending) => {
        this.#cancelTimer()
        events.onEnded(ending)
      },
    })
  }

  /** The receiver speaks first. */
  begin(): Promise<void> {
    return this.#mailbox.say(this.#conversation.begin())
  }

  /** Rejects when the server does not take it; what was sealed by then goes ahead of the next word. */
  say(kind: Word['kind']): Promise<void> {
    // One after the other: letters are numbered when they are sealed.
    const said = this.#chain.then(async () => {
      await this.#saySealed()
      this.#unsaid = await this.#conversation.seal(create(WordSchema, { kind }))
      await this.#saySealed()
    })
    this.#chain = said.catch(() => undefined)
    return said
  }

  leave(ending: Ending): void {
    this.#cancelTimer()
    this.#mailbox.leave(ending)
  }

  /** Says the letter that waits. Another in its place would not open there (QUICK10, QUICK11). */
  async #saySealed(): Promise<void> {
    if (this.#unsaid === null) return
    await this.#mailbox.say(this.#unsaid)
    this.#unsaid = null
  }

  async #heard(letter: Letter): Promise<void> {
    const { confirmed } = this.#conversation
    try {
      if (confirmed) this.#take(await this.#conversation.open(letter))
      else await this.#confirm(letter)
    } catch (error) {
      if (confirmed || !(error instanceof LetterError)) this.#events.onFailed(error)
      else this.#wrongCode()
    }
  }

  async #confirm(letter: Letter): Promise<void> {
    if (this.#options.role === 'receiver') await this.#mailbox.say(await this.#conversation.confirm(letter))
    else if (letter.kind.case === 'share') {
      const answer = this.#conversation.answer(letter)
      this.#cancelTimer = this.#options.context.clock.after(ANSWER_WITHIN_MS, () => this.#wrongCode())
      await this.#mailbox.say(answer)
      return
    } else await this.#conversation.accept(letter)
    this.#cancelTimer()
    this.#events.onConfirmed()
  }

  #wrongCode(): void {
    this.#events.onFailed(new Error('quicksend.wrongCode'), Ending.WRONG_CODE)
  }

  #take(word: Word): void {
    if (word.kind.case === 'signal') this.signals.heard(word.kind.value)
    else this.#events.onWord(word)
  }
}
