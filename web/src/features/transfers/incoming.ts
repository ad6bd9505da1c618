/** The receiver's side of one transfer: takes the bytes, checks them, and says so to the server. */
import type { Path } from '../../model/types'
import { Transfers as TransfersService } from '../../schema/transfers_pb'
import { pathToWire, type PeerSession, type PeerStatus } from '../peers/api'
import { CHANNEL_LABEL, PROTOCOL } from './channel'
import { tie } from './data-channel'
import type { Landing, Received, ReceivedFiles } from './landing'
import { LAST_WORD_MS, type SideDependencies } from './outgoing'
import type { Manifest } from './protocol/manifest'
import { ReceivingFiles } from './receiving-files'
import type { TransferRecord } from './records'
import { LISTED_MAX } from './types'

export interface IncomingDependencies extends SideDependencies {
  files: ReceivedFiles
  /** Keeps the record with its root and path before the server hears of it. */
  onVerified: (sha256: Uint8Array<ArrayBuffer>, path: Path) => Promise<void>
}

export class Incoming {
  readonly record: TransferRecord
  readonly #again: boolean
  readonly #dependencies: IncomingDependencies
  #landing: Landing | null = null
  #receiving: ReceivingFiles | null = null
  #path: PeerSession | null = null
  /** All is here and checked: what becomes of the path takes nothing of it any more. */
  #whole = false
  #ended = false

  constructor(record: TransferRecord, again: boolean, dependencies: IncomingDependencies) {
    this.record = record
    this.#again = again
    this.#dependencies = dependencies
  }

  /** Opens what is to be written to, then waits for the sender's channel. */
  async open(): Promise<void> {
    const { publish, files } = this.#dependencies
    publish({ phase: 'connecting', error: '' })
    try {
      const landing = await files.open(this.record.transfer)
      if (this.#ended) await landing.close()
      else this.#listen(landing)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** What was received, when this page holds it in memory. */
  async received(): Promise<Received | null> {
    return (await this.#landing?.received()) ?? null
  }

  /** Tells the server of what was verified; retried until it is heard. */
  async finish(sha256: Uint8Array<ArrayBuffer>, path: Path): Promise<void> {
    const { context } = this.#dependencies
    const { transfer } = this.record
    const request = { transfer, path: pathToWire(path), sha256 }
    await context.call(TransfersService.method.finish, request, { deadlineMs: Infinity })
  }

  /** The path is not needed any more; what was received stays. */
  closePath(): void {
    const path = this.#path
    this.#path = null
    this.#receiving?.end()
    path?.close()
  }

  /** Lets go of everything; what is on the disk stays where it is. */
  async end(): Promise<void> {
    this.#ended = true
    this.closePath()
    const landing = this.#landing
    this.#landing = null
    await landing?.close()
  }

  #listen(landing: Landing): void {
    const { peers, publish } = this.#dependencies
    this.#landing = landing
    const receiving = new ReceivingFiles(landing, (manifest) => this.#isOffered(manifest), {
      onManifest: ({ entries }) => {
        if (this.record.files > 0) publish({ listed: entries.slice(0, LISTED_MAX) })
      },
      onProgress: (doneBytes) =>
        publish({ phase: doneBytes === this.record.sizeBytes ? 'verifying' : 'receiving', doneBytes }),
      onPlaced: (root) => void this.#verified(root),
      onStopped: (problem) => this.#stopped(problem),
    })
    this.#receiving = receiving
    this.#path = peers.open({
      session: this.record.transfer,
      offerer: false,
      again: this.#again,
      prepare: (connection) => {
        receiving.restart()
        connection.addEventListener('datachannel', ({ channel }) => {
          if (channel.label !== CHANNEL_LABEL || channel.protocol !== PROTOCOL) channel.close()
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

  /** These are the files the offer spoke of. */
  #isOffered({ entries, sizeBytes }: Manifest): boolean {
    const { files } = this.record
    if (sizeBytes !== this.record.sizeBytes) return false
    return files === 0 ? entries.length === 1 && entries[0]?.folder === false : entries.length === files
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
    if (this.#whole) return
    if (phase === 'interrupted') this.#interrupted()
    else if (phase === 'connected') this.#dependencies.publish({ path })
    else if (phase === 'gone') this.#fail(new Error('transfers.gone'))
  }

  #interrupted(): void {
    if (this.#path !== null && !this.#whole)
      this.#dependencies.publish({ phase: 'interrupted', bytesPerS: 0 })
  }

  async #verified(sha256: Uint8Array<ArrayBuffer>): Promise<void> {
    // The sender has heard of it too, and closes its end of the path before the server has.
    this.#whole = true
    this.#dependencies.publish({ phase: 'verifying' })
    try {
      // What the browser does not tell is not called direct.
      const path = (await this.#path?.readPath()) === 'direct' ? 'direct' : 'relayed'
      await this.#dependencies.onVerified(sha256, path)
      await this.finish(sha256, path)
      this.#dependencies.publish({ phase: 'received', doneBytes: this.record.sizeBytes, path, bytesPerS: 0 })
      this.closePath()
      if (this.#landing?.lasting) await this.end()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Lets the last word reach the other side first. */
  #stopped(problem: string): void {
    const path = this.#path
    this.#path = null
    if (path !== null) this.#dependencies.context.clock.after(LAST_WORD_MS, () => path.close())
    this.#fail(new Error(problem))
  }

  #fail(error: unknown): void {
    if (this.#ended) return
    void this.end()
    const message = error instanceof Error ? error.message : ''
    this.#dependencies.publish({ phase: 'failed', bytesPerS: 0, error: message || 'transfers.broken' })
  }
}
