/** One code's use by the receiver: the meeting, the offer, the files. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { FeatureContext } from '../../model/feature'
import { Ending, QuickSend, Way, type Offer, type Word } from '../../schema/quicksend_pb'
import { browserFiles, ReceivingFiles, type Landing, type Received } from '../transfers/api'
import type { Code } from './code'
import { forget, remember } from './leftovers'
import { LetterError } from './letters'
import { Meeting, TOKEN_BYTES } from './meeting'
import { QuickPath } from './path'
import { endingProblem, problemOf } from './problems'
import type { QuickOffer, QuickState } from './types'

const DIGEST_BYTES = 32
const NAME_CHARACTERS_MAX = 255

export class Run {
  readonly #context: FeatureContext
  readonly #code: Code
  readonly #show: (patch: Partial<QuickState>) => void
  readonly #disk = browserFiles()
  #meeting: Meeting | null = null
  #offer: QuickOffer | null = null
  #digest = ''
  #landing: Landing | null = null
  #files: ReceivingFiles | null = null
  #path: QuickPath | null = null
  #over = false
  #accepted = false
  /** All is here and checked: no end of the path or the channel takes anything of it any more. */
  #whole = false

  constructor(context: FeatureContext, code: Code, show: (patch: Partial<QuickState>) => void) {
    this.#context = context
    this.#code = code
    this.#show = show
  }

  async begin(): Promise<void> {
    const context = this.#context
    const token = context.randomBytes(TOKEN_BYTES)
    try {
      await context.call(QuickSend.method.join, { channel: this.#code.number, token })
      if (this.#isOver()) return
      this.#meeting = new Meeting(
        { context, code: this.#code, token, role: 'receiver' },
        {
          onConfirmed: () => undefined,
          onWord: (word) => this.#take(word),
          onEnded: (ending) => this.#ended(ending),
          onFailed: (error, ending) => this.#fail(error, ending),
        },
      )
      await this.#meeting.begin()
    } catch (error) {
      this.#fail(error)
    }
  }

  async accept(): Promise<void> {
    const offer = this.#offer
    const meeting = this.#meeting
    if (offer === null || meeting === null || this.#accepted || this.#over) return
    this.#accepted = true
    this.#show({ phase: 'connecting' })
    try {
      await remember(this.#context, [this.#name])
      const landing = await this.#disk.open(this.#name)
      this.#landing = landing
      if (this.#isOver()) {
        await landing.close()
        return
      }
      this.#open(meeting, landing)
      await meeting.say({
        case: 'acceptance',
        value: { $typeName: 'hutong.quicksend.Acceptance', way: Way.MANIFEST },
      })
    } catch (error) {
      this.#fail(error)
    }
  }

  async received(): Promise<Received | null> {
    return (await this.#landing?.received()) ?? null
  }

  /** Lets go of everything, and tells the sender if it still waits. */
  end(ending: Ending): void {
    if (this.#whole) this.#stop(Ending.DONE)
    else this.#stop(this.#accepted ? Ending.CANCELLED : ending)
    void this.#letGo()
  }

  /** What an offer is kept under; what an earlier attempt left of it is taken up. */
  get #name(): string {
    return `quick-${this.#digest.slice(0, 32)}`
  }

  /** Removes what has arrived. */
  async #letGo(): Promise<void> {
    const landing = this.#landing
    if (landing === null) return
    await landing.close()
    await this.#disk.remove(this.#name)
    await forget(this.#context, [this.#name])
  }

  #take({ kind }: Word): void {
    if (kind.case === 'offer' && this.#offer === null) this.#offered(kind.value)
    else throw new LetterError('a word that has no place here')
  }

  #offered(said: Offer): void {
    const files = said.listed.map(({ path, sizeBytes }) => ({ path, sizeBytes: Number(sizeBytes) }))
    const sound =
      said.manifest.length === DIGEST_BYTES && said.name.length > 0 && said.name.length <= NAME_CHARACTERS_MAX
    if (!sound) throw new LetterError('an offer of nothing')
    const count = Math.max(said.files, files.length)
    const offer = { name: said.name, sizeBytes: Number(said.sizeBytes), count, files }
    this.#offer = offer
    this.#digest = bytesToHex(said.manifest)
    this.#show({ phase: 'offered', offer })
  }

  #ended(ending: Ending): void {
    // A server that is gone takes nothing from a path that stands.
    if (this.#accepted && (ending === Ending.GONE || ending === Ending.EXPIRED)) return
    this.#fail(endingProblem(ending))
  }

  #open(meeting: Meeting, landing: Landing): void {
    // The manifest the person said yes to, and no other (QUICK14).
    const files = new ReceivingFiles(landing, ({ digest }) => bytesToHex(digest) === this.#digest, {
      onManifest: () => undefined,
      onProgress: (doneBytes) => {
        this.#show({ phase: doneBytes === this.#offer?.sizeBytes ? 'verifying' : 'receiving', doneBytes })
        this.#path?.moved()
      },
      onPlaced: () => void this.#placed(meeting),
      onStopped: (problem) => this.#fail(new Error(problem)),
    })
    this.#files = files
    this.#path = new QuickPath(meeting.signals.context, 'receiver', files, {
      onPath: (path) => this.#follow({ path }),
      onInterrupted: () => this.#follow({ phase: 'interrupted' }),
      onBroken: () => this.#fail(new Error('quicksend.broken')),
    })
  }

  #follow(patch: Partial<QuickState>): void {
    if (!this.#whole) this.#show(patch)
  }

  async #placed(meeting: Meeting): Promise<void> {
    // The sender has heard of it too, and may end the channel and its path before we are through.
    this.#whole = true
    const path = (await this.#path?.read()) ?? 'unknown'
    this.#show({ phase: 'received', path })
    // Should the last word on the path be lost, the sender hears it here; it ends the channel.
    await meeting
      .say({ case: 'arrived', value: { $typeName: 'hutong.quicksend.Arrived' } })
      .catch(() => undefined)
    this.#stop(Ending.DONE)
  }

  #isOver(): boolean {
    return this.#over
  }

  #fail(error: unknown, ending = this.#accepted ? Ending.CANCELLED : Ending.DECLINED): void {
    if (this.#over || this.#whole) return
    this.#stop(ending)
    void this.#landing?.close()
    this.#show({ phase: 'failed', problem: problemOf(error) })
  }

  #stop(ending: Ending): void {
    if (this.#over) return
    this.#over = true
    this.#files?.end()
    this.#path?.close()
    this.#meeting?.leave(ending)
  }
}
