/** One code's use by the sender: the channel, the meeting, the offer, the files. */
import type { FeatureContext } from '../../model/feature'
import { Ending, QuickSend, Way, type Word } from '../../schema/quicksend_pb'
import { PickedSource, SendingFiles, type Picked } from '../transfers/api'
import { makeCode } from './code'
import { LetterError } from './letters'
import { listed } from './listed'
import { Meeting, TOKEN_BYTES } from './meeting'
import { QuickPath } from './path'
import { problemOf, sendingProblem } from './problems'
import type { QuickSendState } from './types'

const CODE_BYTES = 4

export class SendRun {
  readonly #context: FeatureContext
  readonly #source: PickedSource
  readonly #show: (patch: Partial<QuickSendState>) => void
  #meeting: Meeting | null = null
  #path: QuickPath | null = null
  #sending: SendingFiles | null = null
  #accepted = false
  #over = false
  /** All is there and checked: no end of the path or the channel takes anything of it any more. */
  #whole = false

  /** Throws `ManifestError` for files that cannot be handed over together. */
  constructor(context: FeatureContext, picked: Picked, show: (patch: Partial<QuickSendState>) => void) {
    this.#context = context
    this.#source = new PickedSource(picked)
    this.#show = show
    const { name, manifest } = this.#source
    const count = manifest.entries.filter(({ folder }) => !folder).length
    show({ offer: { name, sizeBytes: manifest.sizeBytes, count, files: listed(manifest.entries) } })
  }

  async begin(): Promise<void> {
    const context = this.#context
    const token = context.randomBytes(TOKEN_BYTES)
    try {
      const opened = await context.call(QuickSend.method.open, { token })
      if (this.#isOver()) {
        await context.call(QuickSend.method.leave, {
          channel: opened.channel,
          token,
          ending: Ending.CANCELLED,
        })
        return
      }
      const code = makeCode(opened.channel, context.randomBytes(CODE_BYTES))
      this.#meeting = new Meeting(
        { context, code, token, role: 'sender' },
        {
          onConfirmed: () => void this.#offer(),
          onWord: (word) => this.#take(word),
          onEnded: (ending) => this.#ended(ending),
          onFailed: (error, ending) => this.#fail(error, ending),
        },
      )
      this.#show({ phase: 'waiting', code, publicUrl: opened.publicUrl })
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Calls it off, unless it is over. */
  end(): void {
    this.#stop(this.#whole ? Ending.DONE : Ending.CANCELLED)
  }

  async #offer(): Promise<void> {
    const { name, manifest, count } = this.#source
    this.#show({ phase: 'offered' })
    try {
      await this.#meeting?.say({
        case: 'offer',
        value: {
          $typeName: 'hutong.quicksend.Offer',
          name,
          sizeBytes: BigInt(manifest.sizeBytes),
          files: count,
          listed: listed(manifest.entries).map(({ path, sizeBytes }) => ({
            $typeName: 'hutong.quicksend.OfferedFile',
            path,
            sizeBytes: BigInt(sizeBytes),
          })),
          manifest: manifest.digest,
        },
      })
    } catch (error) {
      this.#fail(error)
    }
  }

  #take({ kind }: Word): void {
    if (kind.case === 'acceptance' && !this.#accepted) {
      // Only receivers that are older than this page do not know manifests.
      if (kind.value.way !== Way.MANIFEST) throw new Error('quicksend.older')
      this.#accepted = true
      this.#open()
    } else if (kind.case === 'arrived' && this.#accepted) void this.#arrived()
    else throw new LetterError('a word that has no place here')
  }

  #open(): void {
    const meeting = this.#meeting
    if (meeting === null) return
    this.#show({ phase: 'connecting' })
    const { sizeBytes } = this.#source.manifest
    const sending = new SendingFiles(
      this.#source,
      {
        onProgress: (doneBytes) => {
          this.#show({ phase: doneBytes === sizeBytes ? 'verifying' : 'sending', doneBytes })
          this.#path?.moved()
        },
        onDone: () => void this.#arrived(),
        onStopped: (error) => this.#fail(sendingProblem(error)),
      },
      this.#context,
    )
    this.#sending = sending
    this.#path = new QuickPath(meeting.signals.context, 'sender', sending, {
      onPath: (path) => this.#follow({ path }),
      onInterrupted: () => this.#follow({ phase: 'interrupted' }),
      onBroken: () => this.#fail(new Error('quicksend.broken')),
    })
  }

  #follow(patch: Partial<QuickSendState>): void {
    if (!this.#whole) this.#show(patch)
  }

  /** Heard on the path, as a word or by the receiver's end of the channel: whichever comes first. */
  async #arrived(): Promise<void> {
    if (this.#whole) return
    this.#whole = true
    const path = (await this.#path?.read()) ?? 'unknown'
    if (this.#over) return
    this.#show({ phase: 'sent', doneBytes: this.#source.manifest.sizeBytes, path })
    this.#stop(Ending.DONE)
  }

  #ended(ending: Ending): void {
    // A server that is gone takes nothing from a path that stands.
    if (this.#accepted && (ending === Ending.GONE || ending === Ending.EXPIRED)) return
    if (this.#accepted && ending === Ending.DONE) void this.#arrived()
    else this.#fail(endedProblem(ending))
  }

  #isOver(): boolean {
    return this.#over
  }

  #fail(error: unknown, ending = Ending.CANCELLED): void {
    if (this.#over || this.#whole) return
    this.#stop(ending)
    this.#show({ phase: 'failed', problem: problemOf(error) })
  }

  #stop(ending: Ending): void {
    if (this.#over) return
    this.#over = true
    this.#sending?.end()
    this.#path?.close()
    this.#meeting?.leave(ending)
  }
}

/** How a receiver's end of it reads for the sender. */
function endedProblem(ending: Ending): Error {
  if (ending === Ending.DECLINED) return new Error('quicksend.declined')
  if (ending === Ending.WRONG_CODE) return new Error('quicksend.guessed')
  if (ending === Ending.EXPIRED) return new Error('quicksend.nobody')
  return new Error(ending === Ending.CANCELLED ? 'quicksend.cancelledThere' : 'quicksend.lost')
}
