/** Our end of a channel: says letters in order, hears theirs in order. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { RpcError, type FeatureContext } from '../../model/feature'
import {
  Ending,
  LetterSchema,
  QuickSend,
  StirredSchema,
  type Letter,
  type RelaysReply,
} from '../../schema/quicksend_pb'

/** Pushes may be lost; and who does not ask for a minute is gone. */
const ASK_EVERY_MS = 10_000
const LEAVE_WITHIN_MS = 3_000

export interface MailboxEvents {
  onLetter: (letter: Letter) => Promise<void>
  /** The channel is over; there will be no more letters. */
  onEnd: (ending: Ending) => void
}

export class Mailbox {
  readonly #context: FeatureContext
  readonly #channel: number
  readonly #token: Uint8Array
  readonly #events: MailboxEvents
  readonly #unsubscribe: () => void
  #said = 0
  #heard = 0
  #saying: Promise<unknown> = Promise.resolve()
  #hearing = false
  #again = false
  #closed = false
  #cancelTimer: () => void = () => undefined

  constructor(context: FeatureContext, channel: number, token: Uint8Array, events: MailboxEvents) {
    this.#context = context
    this.#channel = channel
    this.#token = token
    this.#events = events
    this.#unsubscribe = context.onNotice(StirredSchema, (stirred) => {
      if (stirred.channel === channel) void this.#hear()
    })
    void this.#hear()
  }

  /** Resolves when the server has it. */
  say(letter: Letter): Promise<void> {
    const said = this.#saying.then(async () => {
      const number = this.#said + 1
      const request = { ...this.#end(), number, letter: toBinary(LetterSchema, letter) }
      await this.#context.call(QuickSend.method.say, request)
      this.#said = number
    })
    this.#saying = said.catch(() => undefined)
    return said
  }

  relays(): Promise<RelaysReply> {
    return this.#context.call(QuickSend.method.relays, this.#end())
  }

  /** Ends the channel, as far as that can be said quickly, and hears nothing more. */
  leave(ending: Ending): void {
    if (this.#closed) return
    this.close()
    const request = { ...this.#end(), ending }
    this.#context
      .call(QuickSend.method.leave, request, { deadlineMs: LEAVE_WITHIN_MS })
      .catch(() => undefined)
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer()
    this.#unsubscribe()
  }

  #end(): { channel: number; token: Uint8Array } {
    return { channel: this.#channel, token: this.#token }
  }

  async #hear(): Promise<void> {
    if (this.#hearing) {
      this.#again = true
      return
    }
    this.#hearing = true
    this.#cancelTimer()
    await this.#ask()
    while (this.#stirredAgain()) await this.#ask()
    this.#hearing = false
    if (!this.#ended()) this.#cancelTimer = this.#context.clock.after(ASK_EVERY_MS, () => void this.#hear())
  }

  #stirredAgain(): boolean {
    const again = this.#again && !this.#closed
    this.#again = false
    return again
  }

  /** A method, so that what happens meanwhile is seen. */
  #ended(): boolean {
    return this.#closed
  }

  async #ask(): Promise<void> {
    try {
      const request = { ...this.#end(), after: this.#heard }
      const { letters, ending } = await this.#context.call(QuickSend.method.hear, request)
      for (const bytes of letters) {
        if (this.#ended()) return
        this.#heard += 1
        await this.#events.onLetter(read(bytes))
      }
      if (ending !== Ending.UNSPECIFIED) this.#over(ending)
    } catch (error) {
      // The server was restarted: channels live in its memory. Anything else is asked again.
      if (error instanceof RpcError && error.code === 'not_found') this.#over(Ending.GONE)
    }
  }

  #over(ending: Ending): void {
    if (this.#closed) return
    this.close()
    this.#events.onEnd(ending)
  }
}

/** What is no letter becomes one of no kind, which whoever reads it refuses. */
function read(bytes: Uint8Array): Letter {
  try {
    return fromBinary(LetterSchema, bytes)
  } catch {
    return create(LetterSchema)
  }
}
