/** The receiver's side of one transfer: takes the bytes, checks them, and says so to the server. */
import type { Path } from '../../model/types'
import { Transfers as TransfersService } from '../../schema/transfers_pb'
import { pathToWire, type PeerSession, type PeerStatus } from '../peers/api'
import { CHANNEL_LABEL } from './channel'
import { tie } from './data-channel'
import type { SideDependencies } from './outgoing'
import { Receiving } from './receive'
import type { TransferRecord } from './records'
import type { ReceivedFiles, Sink } from './sink'

export interface IncomingDependencies extends SideDependencies {
  files: ReceivedFiles
  /** Keeps the record with its hash and path before the server hears of it. */
  onVerified: (sha256: Uint8Array<ArrayBuffer>, path: Path) => Promise<void>
}

export class Incoming {
  readonly record: TransferRecord
  readonly #again: boolean
  readonly #dependencies: IncomingDependencies
  #sink: Sink | null = null
  #receiving: Receiving | null = null
  #path: PeerSession | null = null
  #ended = false

  constructor(record: TransferRecord, again: boolean, dependencies: IncomingDependencies) {
    this.record = record
    this.#again = again
    this.#dependencies = dependencies
  }

  /** Opens the file to write to, then waits for the sender's channel. */
  async open(): Promise<void> {
    const { publish, files } = this.#dependencies
    publish({ phase: 'connecting', error: '' })
    try {
      const sink = await files.open(this.record.transfer, this.record.sizeBytes)
      if (this.#ended) sink.close()
      else this.#listen(sink)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** What was received, when this page holds it in memory. */
  async blob(): Promise<Blob | null> {
    return (await this.#sink?.blob(this.record.mediaType)) ?? null
  }

  /** Tells the server of a file that was verified; retried until it is heard. */
  async finish(sha256: Uint8Array<ArrayBuffer>, path: Path): Promise<void> {
    const { context } = this.#dependencies
    const { transfer } = this.record
    const request = { transfer, path: pathToWire(path), sha256 }
    await context.call(TransfersService.method.finish, request, { deadlineMs: Infinity })
  }

  /** The path is not needed any more; what was received stays. */
  closePath(): void {
    this.#receiving?.detach()
    const path = this.#path
    this.#path = null
    path?.close()
  }

  /** Lets go of everything; the file of the disk sink stays where it is. */
  end(): void {
    this.#ended = true
    this.closePath()
    this.#sink?.close()
    this.#sink = null
  }

  #listen(sink: Sink): void {
    const { peers, publish } = this.#dependencies
    this.#sink = sink
    const receiving = new Receiving(sink, this.record.sizeBytes, {
      onProgress: (doneBytes) => publish({ phase: 'receiving', doneBytes }),
      onVerifying: () => publish({ phase: 'verifying' }),
      onVerified: (sha256) => void this.#verified(sha256),
      onDifferent: () => publish({ phase: 'receiving', error: 'transfers.different' }),
      onFailed: (error) => this.#fail(error),
    })
    this.#receiving = receiving
    this.#path = peers.open({
      session: this.record.transfer,
      offerer: false,
      again: this.#again,
      prepare: (connection) => {
        connection.addEventListener('datachannel', ({ channel }) => {
          if (channel.label !== CHANNEL_LABEL) channel.close()
          else
            tie(channel, receiving, (open) => {
              if (!open && connection === this.#path?.connection) this.#interrupted()
            })
        })
      },
      revive: () => this.#accept(),
    })
    const path = this.#path
    path.status.subscribe((status) => {
      if (path === this.#path) this.#follow(status)
    })
  }

  /** Accepting again opens the session again; false when the transfer is over. */
  async #accept(): Promise<boolean> {
    const { context } = this.#dependencies
    const { transfer } = this.record
    return context.call(TransfersService.method.accept, { transfer }, { deadlineMs: Infinity }).then(
      () => true,
      () => false,
    )
  }

  #follow({ phase, path }: PeerStatus): void {
    if (phase === 'interrupted') this.#interrupted()
    else if (phase === 'connected') this.#dependencies.publish({ path })
    else if (phase === 'gone') this.#fail(new Error('transfers.gone'))
  }

  #interrupted(): void {
    if (this.#path !== null) this.#dependencies.publish({ phase: 'interrupted', bytesPerS: 0 })
  }

  async #verified(sha256: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      // What the browser does not tell is not called direct.
      const path = (await this.#path?.readPath()) === 'direct' ? 'direct' : 'relayed'
      await this.#dependencies.onVerified(sha256, path)
      await this.finish(sha256, path)
      this.#dependencies.publish({ phase: 'received', doneBytes: this.record.sizeBytes, path, bytesPerS: 0 })
      this.closePath()
      if (this.#sink?.lasting) this.end()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#ended) return
    this.end()
    const message = error instanceof Error ? error.message : ''
    this.#dependencies.publish({ phase: 'failed', bytesPerS: 0, error: message || 'transfers.broken' })
  }
}
