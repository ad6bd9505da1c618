/** The sender's side of one transfer: waits to be accepted, sends, and stores instead when no path holds. */
import type { FeatureContext } from '../../model/feature'
import { StopReason, Transfers as TransfersService } from '../../schema/transfers_pb'
import type { Peers, PeerSession, PeerStatus } from '../peers/api'
import { CHANNEL_LABEL, PROTOCOL } from './channel'
import { tie } from './data-channel'
import type { StoppedError } from './protocol/errors'
import { SendingFiles } from './sending-files'
import type { PickedSource } from './source'
import { LISTED_MAX, type TransferProgress } from './types'

/** No data channel so long after the other side accepted: the server's storage takes it. */
const CHANNEL_TIMEOUT_MS = 12_000
/** The path has been broken for so long: likewise. */
const BROKEN_TIMEOUT_MS = 15_000
/** All paths of this page are in use: look again. */
const RETRY_MS = 1_000
/** For what was said before a path is closed. */
export const LAST_WORD_MS = 1_000
/** The path looks whole, and nothing arrives on it: once for each such stretch a new one is made. */
const STALLED_MS = 20_000
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
  #source: PickedSource | null = null
  #again: boolean
  #path: PeerSession | null = null
  #sending: SendingFiles | null = null
  #cancelTimer = (): void => undefined
  #cancelWatch = (): void => undefined
  #storing = false
  #verified = false
  #ended = false

  /** `source` is null after a reload until the person picks the files again. */
  constructor(transfer: string, source: PickedSource | null, again: boolean, dependencies: SideDependencies) {
    this.transfer = transfer
    this.#again = again
    this.#dependencies = dependencies
    if (source === null) dependencies.publish({ phase: 'needsFile', error: '' })
    else this.give(source)
  }

  /** The files are here, perhaps after a reload. */
  give(source: PickedSource): void {
    this.#source = source
    const listed = source.single === null ? source.manifest.entries.slice(0, LISTED_MAX) : []
    this.#dependencies.publish({ phase: 'waiting', listed, error: '' })
  }

  /** No path is open although one may be wanted. */
  get idle(): boolean {
    return this.#source !== null && this.#path === null && !this.#storing && !this.#verified && !this.#ended
  }

  /** The receiver has accepted: makes the path. */
  open(): void {
    if (!this.idle || this.#source === null) return
    const { peers, publish, context } = this.#dependencies
    publish({ phase: 'connecting', error: '' })
    if (peers.free <= 0) {
      this.#cancelTimer = context.clock.after(RETRY_MS, () => this.open())
      return
    }
    const sending = this.#newSending(this.#source)
    this.#sending = sending
    this.#storeAfter(CHANNEL_TIMEOUT_MS)
    this.#path = peers.open({
      session: this.transfer,
      offerer: true,
      again: this.#again,
      prepare: (connection) => {
        sending.restart()
        const channel = connection.createDataChannel(CHANNEL_LABEL, { protocol: PROTOCOL })
        tie(channel, sending, (open) => {
          if (connection === this.#path?.connection) this.#channelState(open)
        })
      },
      revive: () => this.#revived(),
    })
    const path = this.#path
    this.#watch()
    path.status.subscribe((status) => {
      if (path === this.#path) this.#follow(status)
    })
  }

  /** Uploads to the server's storage, which takes single files; the receiver takes it from there. */
  async store(): Promise<void> {
    const file = this.#source?.single ?? null
    if (file === null || this.#storing || this.#ended) return
    const { context, publish } = this.#dependencies
    this.#storing = true
    this.#closePath()
    publish({ phase: 'storing', doneBytes: 0, bytesPerS: 0, path: 'stored', error: '' })
    try {
      const blob = await context.files.upload(file, (doneBytes) => {
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

  #newSending(source: PickedSource): SendingFiles {
    const { publish, context } = this.#dependencies
    const { sizeBytes } = source.manifest
    return new SendingFiles(
      source,
      {
        onProgress: (doneBytes) => {
          this.#watch()
          publish({ phase: doneBytes === sizeBytes ? 'verifying' : 'sending', doneBytes })
        },
        onDone: () => {
          // The receiver tells the server; that event is the end. No path is needed any more.
          this.#verified = true
          this.#closePath()
        },
        onStopped: (error) => this.#stopped(error),
      },
      context,
    )
  }

  #stopped({ reason, byUs }: StoppedError): void {
    const { publish, context } = this.#dependencies
    this.#leavePath()
    if (reason === StopReason.STOP_VERSION) this.#storeOr('transfers.otherVersion')
    else if (byUs) {
      this.#source = null
      this.#again = true
      publish({ phase: 'needsFile', bytesPerS: 0, error: 'transfers.unreadable' })
    } else if (reason === StopReason.STOP_NO_SPACE) {
      this.#again = true
      this.#storeOr('transfers.noRoomThere')
    } else {
      this.#fail('transfers.different')
      void context.call(TransfersService.method.cancel, { transfer: this.transfer }).catch(() => undefined)
    }
  }

  /** The server's storage helps with a single file; else the person is told. */
  #storeOr(error: string): void {
    if (this.#source?.single) void this.store()
    else this.#fail(error)
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

  /** Several files wait for a path as long as it takes. */
  #storeAfter(delayMs: number): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#dependencies.context.clock.after(delayMs, () => void this.store())
  }

  #watch(): void {
    this.#cancelWatch()
    this.#cancelWatch = this.#dependencies.context.clock.after(STALLED_MS, () => this.#path?.rebuild())
  }

  #fail(error: string): void {
    if (!this.#ended) this.#dependencies.publish({ phase: 'failed', bytesPerS: 0, error })
  }

  #closePath(): void {
    this.#cancelTimer()
    this.#cancelWatch()
    const path = this.#path
    this.#path = null
    this.#sending?.end()
    path?.close()
  }

  /** Lets the last word reach the other side first. */
  #leavePath(): void {
    const path = this.#path
    this.#path = null
    this.#closePath()
    if (path !== null) this.#dependencies.context.clock.after(LAST_WORD_MS, () => path.close())
  }
}
