/** One code's use: the meeting, the offer, the files. */
import { create } from '@bufbuild/protobuf'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { FeatureContext } from '../../model/feature'
import {
  Ending,
  QuickSend,
  Way,
  WordSchema,
  type Letter,
  type Offer,
  type Word,
} from '../../schema/quicksend_pb'
import { Peers, type PeerSession } from '../peers/api'
import type { Code } from './code'
import { IncomingFiles } from './files'
import { forget, remember } from './leftovers'
import { Conversation, LetterError } from './letters'
import { Mailbox } from './mailbox'
import { endingProblem, problemOf } from './problems'
import { SESSION, Signals } from './signals'
import { RANDOM_BYTES } from './spake2'
import type { QuickOffer, QuickState } from './types'

const TOKEN_BYTES = 16
const DIGEST_BYTES = 32
/** What an offer lists at the most; one with more is for the command line. */
const LISTED_MAX = 200
const NAME_CHARACTERS_MAX = 255
/** Without a path, or without a byte on it, for so long there will be none. */
const SILENT_AFTER_MS = 60_000

export class Run {
  readonly #context: FeatureContext
  readonly #code: Code
  readonly #show: (patch: Partial<QuickState>) => void
  readonly #conversation: Conversation
  readonly #signals: Signals
  #mailbox: Mailbox | null = null
  #offer: QuickOffer | null = null
  #digest = ''
  #confirmed = false
  #peers: Peers | null = null
  #path: PeerSession | null = null
  #files: IncomingFiles | null = null
  #cancelWatch: () => void = () => undefined
  #over = false
  #accepted = false
  #chain: Promise<unknown> = Promise.resolve()

  constructor(context: FeatureContext, code: Code, show: (patch: Partial<QuickState>) => void) {
    this.#context = context
    this.#code = code
    this.#show = show
    this.#conversation = new Conversation(code, context.randomBytes(RANDOM_BYTES))
    this.#signals = new Signals(context, {
      say: (signal) => this.#say({ case: 'signal', value: signal }),
      relays: () => {
        if (this.#mailbox === null) throw new Error('nobody is there')
        return this.#mailbox.relays()
      },
    })
  }

  async begin(): Promise<void> {
    const channel = this.#code.number
    const token = this.#context.randomBytes(TOKEN_BYTES)
    try {
      await this.#context.call(QuickSend.method.join, { channel, token })
      if (this.#isOver()) return
      this.#mailbox = new Mailbox(this.#context, channel, token, {
        onLetter: (letter) => this.#heard(letter),
        onEnd: (ending) => this.#ended(ending),
      })
      await this.#mailbox.say(this.#conversation.begin())
    } catch (error) {
      this.#fail(error)
    }
  }

  async accept(): Promise<void> {
    const offer = this.#offer
    if (offer === null || this.#accepted || this.#over) return
    this.#accepted = true
    this.#show({ phase: 'connecting' })
    try {
      this.#open(offer)
      await remember(this.#context, this.#files?.names ?? [])
      await this.#say({
        case: 'acceptance',
        value: { $typeName: 'hutong.quicksend.Acceptance', way: Way.ONE_BY_ONE },
      })
    } catch (error) {
      this.#fail(error)
    }
  }

  file(number: number): Promise<Blob | null> {
    return this.#files?.blob(number) ?? Promise.resolve(null)
  }

  /** Lets go of everything, and tells the sender if it still waits. */
  end(ending: Ending): void {
    this.#stop(this.#accepted ? Ending.CANCELLED : ending)
    void this.#letGo()
  }

  /** Removes what has arrived. */
  async #letGo(): Promise<void> {
    const files = this.#files
    if (files === null) return
    await files.end(true)
    await forget(this.#context, files.names)
  }

  // ---- what is heard ----

  async #heard(letter: Letter): Promise<void> {
    try {
      if (!this.#confirmed) {
        const confirmation = await this.#conversation.confirm(letter)
        this.#confirmed = true
        await this.#mailbox?.say(confirmation)
        return
      }
      this.#take(await this.#conversation.open(letter))
    } catch (error) {
      if (this.#confirmed || !(error instanceof LetterError)) this.#fail(error)
      else this.#fail(new Error('quicksend.wrongCode'), Ending.WRONG_CODE)
    }
  }

  #take({ kind }: Word): void {
    if (kind.case === 'signal') this.#signals.heard(kind.value)
    else if (kind.case === 'offer' && this.#offer === null) this.#offered(kind.value)
    else throw new LetterError('a word that has no place here')
  }

  #offered(said: Offer): void {
    const files = said.listed.map(({ path, sizeBytes }) => ({ path, sizeBytes: Number(sizeBytes) }))
    const offer = { name: said.name, sizeBytes: Number(said.sizeBytes), files }
    const sound =
      said.manifest.length === DIGEST_BYTES && said.name.length > 0 && said.name.length <= NAME_CHARACTERS_MAX
    if (!sound) throw new LetterError('an offer of nothing')
    const listed = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (listed !== offer.sizeBytes || files.length >= LISTED_MAX) throw new Error('quicksend.tooMany')
    this.#offer = offer
    this.#digest = bytesToHex(said.manifest)
    this.#show({ phase: 'offered', offer })
  }

  #ended(ending: Ending): void {
    // A server that is gone takes nothing from a path that stands.
    if (this.#accepted && (ending === Ending.GONE || ending === Ending.EXPIRED)) return
    this.#fail(endingProblem(ending))
  }

  // ---- the path ----

  #open(offer: QuickOffer): void {
    const files = new IncomingFiles(offer.files, `quick-${this.#digest.slice(0, 32)}`, {
      onProgress: (doneBytes) => {
        this.#show({ phase: 'receiving', doneBytes })
        this.#watch()
      },
      onFile: (doneFiles) => this.#show({ doneFiles }),
      onDone: () => void this.#received(),
      onFailed: (error) => this.#fail(error),
    })
    this.#files = files
    this.#peers = new Peers(this.#signals.context)
    const path = this.#peers.open({
      session: SESSION,
      offerer: false,
      again: false,
      prepare: (connection) => files.prepare(connection),
      revive: () => Promise.resolve(false),
    })
    this.#path = path
    path.status.subscribe(({ phase, path: way }) => {
      if (this.#over) return
      if (phase === 'connected') this.#show({ path: way })
      else if (phase === 'interrupted') this.#show({ phase: 'interrupted' })
      else if (phase === 'gone') this.#fail(new Error('quicksend.broken'))
    })
    this.#watch()
  }

  #watch(): void {
    this.#cancelWatch()
    this.#cancelWatch = this.#context.clock.after(SILENT_AFTER_MS, () => {
      this.#fail(new Error('quicksend.broken'))
    })
  }

  async #received(): Promise<void> {
    this.#cancelWatch()
    // What the browser does not tell is not called direct.
    const direct = (await this.#path?.readPath().catch(() => 'unknown')) === 'direct'
    this.#show({ phase: 'received', path: direct ? 'direct' : 'relayed' })
    // Should the last word on the path be lost, the sender hears it here; it ends the channel.
    await this.#say({ case: 'arrived', value: { $typeName: 'hutong.quicksend.Arrived' } }).catch(
      () => undefined,
    )
    this.#stop(Ending.DONE)
  }

  // ---- the end ----

  async #say(kind: Word['kind']): Promise<void> {
    const mailbox = this.#mailbox
    if (mailbox === null) throw new Error('quicksend.broken')
    await this.#sealing(async () => mailbox.say(await this.#conversation.seal(create(WordSchema, { kind }))))
  }

  /** One after the other: letters are numbered when they are sealed. */
  #sealing(work: () => Promise<void>): Promise<void> {
    const done = this.#chain.then(work)
    this.#chain = done.catch(() => undefined)
    return done
  }

  #isOver(): boolean {
    return this.#over
  }

  #fail(error: unknown, ending = this.#accepted ? Ending.CANCELLED : Ending.DECLINED): void {
    if (this.#over) return
    this.#stop(ending)
    void this.#files?.end(false)
    this.#show({ phase: 'failed', problem: problemOf(error) })
  }

  #stop(ending: Ending): void {
    if (this.#over) return
    this.#over = true
    this.#cancelWatch()
    this.#peers?.closeAll()
    this.#mailbox?.leave(ending)
  }
}
