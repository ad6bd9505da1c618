/** The sender's side of one transfer: waits to be accepted, sends, and stores instead when no path holds. */
import type { FeatureContext } from '../../model/feature'
import { Transfers as TransfersService } from '../../schema/transfers_pb'
import type { Peers, PeerSession, PeerStatus } from '../peers/api'
import { CHANNEL_LABEL } from './channel'
import { tie } from './data-channel'
import { fileSource, Sending } from './send'
import type { TransferProgress } from './types'

/** No data channel so long after the other side accepted: the server's storage takes it. */
const CHANNEL_TIMEOUT_MS = 12_000
/** The path has been broken for so long: likewise. */
const BROKEN_TIMEOUT_MS = 15_000
/** All paths of this page are in use: look again. */
const RETRY_MS = 1_000
/** The receiver opens a forgotten session again; so often it is looked for. */
const REVIVALS_MAX = 15

export interface SideDependencies {
  context: FeatureContext
  peers: Peers
  publish: (patch: Partial<TransferProgress>) => void
}

export class Outgoing {
  readonly transfer: string
  readonly #dependencies: SideDependencies
  #file: File | null
  #again: boolean
  #path: PeerSession | null = null
  #sending: Sending | null = null
  #cancelTimer = (): void => undefined
  #storing = false
  #verified = false
  #ended = false

  /** `file` is null after a reload until the person picks it again. */
  constructor(transfer: string, file: File | null, again: boolean, dependencies: SideDependencies) {
    this.transfer = transfer
    this.#file = file
    this.#again = again
    this.#dependencies = dependencies
    dependencies.publish({ phase: file === null ? 'needsFile' : 'waiting', error: '' })
  }

  /** After a reload the person picked the file again. */
  give(file: File): void {
    this.#file = file
    this.#dependencies.publish({ phase: 'waiting', error: '' })
  }

  /** No path is open although one may be wanted. */
  get idle(): boolean {
    return this.#file !== null && this.#path === null && !this.#storing && !this.#verified && !this.#ended
  }

  /** The receiver has accepted: makes the path. */
  open(): void {
    if (!this.idle || this.#file === null) return
    const { peers, publish, context } = this.#dependencies
    publish({ phase: 'connecting', error: '' })
    if (peers.free <= 0) {
      this.#cancelTimer = context.clock.after(RETRY_MS, () => this.open())
      return
    }
    const sending = this.#newSending(this.#file)
    this.#sending = sending
    this.#storeAfter(CHANNEL_TIMEOUT_MS)
    this.#path = peers.open({
      session: this.transfer,
      offerer: true,
      again: this.#again,
      prepare: (connection) => {
        const channel = connection.createDataChannel(CHANNEL_LABEL)
        tie(channel, sending, (open) => {
          if (connection === this.#path?.connection) this.#channelState(open)
        })
      },
      revive: () => this.#revived(),
    })
    const path = this.#path
    path.status.subscribe((status) => {
      if (path === this.#path) this.#follow(status)
    })
  }

  /** Uploads to the server's storage; the receiver takes the file from there. */
  async store(): Promise<void> {
    if (this.#file === null || this.#storing || this.#ended) return
    const { context, publish } = this.#dependencies
    this.#storing = true
    this.#closePath()
    publish({ phase: 'storing', doneBytes: 0, bytesPerS: 0, path: 'stored', error: '' })
    try {
      const blob = await context.files.upload(this.#file, (doneBytes) => {
        if (!this.#ended) publish({ doneBytes })
      })
      if (!this.#over())
        await context.call(
          TransfersService.method.store,
          { transfer: this.transfer, blob },
          { deadlineMs: Infinity },
        )
    } catch (error) {
      this.#fail((error as Error).message)
    } finally {
      this.#storing = false
    }
  }

  /** The transfer is over, or this page lets go of it. */
  end(): void {
    this.#ended = true
    this.#closePath()
  }

  #over(): boolean {
    return this.#ended
  }

  #newSending(file: File): Sending {
    const { publish, context } = this.#dependencies
    return new Sending(fileSource(file), {
      onProgress: (doneBytes) =>
        publish({ phase: doneBytes === file.size ? 'verifying' : 'sending', doneBytes }),
      onVerified: () => {
        // The receiver tells the server; that event is the end. No path is needed any more.
        this.#verified = true
        this.#closePath()
      },
      onFailed: (reason) => {
        this.#closePath()
        if (reason === 'unreadable') {
          this.#file = null
          this.#again = true
          publish({ phase: 'needsFile', error: 'transfers.unreadable' })
          return
        }
        this.#fail('transfers.different')
        void context.call(TransfersService.method.cancel, { transfer: this.transfer }).catch(() => undefined)
      },
    })
  }

  /** Only the receiver can open the session again, and does when it notices: waits for that. */
  async #revived(): Promise<boolean> {
    const { peers, context } = this.#dependencies
    for (let tries = 0; tries < REVIVALS_MAX && !this.#over(); tries++) {
      await new Promise<void>((resolve) => context.clock.after(RETRY_MS, resolve))
      if (await peers.exists(this.transfer)) return true
    }
    return false
  }

  #channelState(open: boolean): void {
    if (open) this.#cancelTimer()
    else this.#interrupted()
  }

  #follow({ phase, path }: PeerStatus): void {
    if (phase === 'interrupted') this.#interrupted()
    else if (phase === 'gone') {
      // The server ended the session: either the transfer's end is on its way to us, or we ask anew.
      this.#closePath()
      this.#again = true
      this.#dependencies.publish({ phase: 'waiting' })
    } else if (phase === 'connected') {
      this.#cancelTimer()
      this.#dependencies.publish({ path })
    }
  }

  #interrupted(): void {
    if (this.#path === null) return
    this.#dependencies.publish({ phase: 'interrupted', bytesPerS: 0 })
    this.#storeAfter(BROKEN_TIMEOUT_MS)
  }

  #storeAfter(delayMs: number): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#dependencies.context.clock.after(delayMs, () => void this.store())
  }

  #fail(error: string): void {
    if (!this.#ended) this.#dependencies.publish({ phase: 'failed', bytesPerS: 0, error })
  }

  #closePath(): void {
    this.#cancelTimer()
    this.#sending?.detach()
    const path = this.#path
    this.#path = null
    path?.close()
  }
}
