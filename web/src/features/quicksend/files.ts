/** The files of an offer as they arrive: a data channel each, one after the other (QUICK15). */
import { browserFiles, CHANNEL_LABEL, Receiving, tie, type ReceivedFiles, type Sink } from '../transfers/api'
import type { OfferedFile } from './types'

export interface FilesEvents {
  onProgress: (doneBytes: number) => void
  /** A file is whole and checked. */
  onFile: (doneFiles: number) => void
  onDone: () => void
  onFailed: (error: unknown) => void
}

interface Item {
  sink: Sink
  receiving: Receiving
  doneBytes: number
  verified: boolean
}

const MEDIA_TYPE = 'application/octet-stream'

export class IncomingFiles {
  readonly #files: readonly OfferedFile[]
  readonly #name: string
  readonly #events: FilesEvents
  readonly #disk: ReceivedFiles
  readonly #items: Promise<Item>[] = []
  #doneFiles = 0
  #doneBytes = 0
  #ended = false

  /** `name` stands for the offer: what an earlier attempt left of it is taken up. */
  constructor(files: readonly OfferedFile[], name: string, events: FilesEvents, disk = browserFiles()) {
    this.#files = files
    this.#name = name
    this.#events = events
    this.#disk = disk
    if (files.length === 0) queueMicrotask(() => events.onDone())
  }

  /** Serves the channels of a new connection. */
  prepare(connection: RTCPeerConnection): void {
    connection.addEventListener('datachannel', ({ channel }) => {
      const number = Number(channel.protocol)
      // The file that is under way, or one of which the sender has not heard that it is whole.
      const known = Number.isInteger(number) && number >= 0 && number <= this.#doneFiles
      if (channel.label !== CHANNEL_LABEL || !known || number >= this.#files.length) channel.close()
      else void this.#serve(number, channel)
    })
  }

  /** What the files are called where they are kept. */
  get names(): string[] {
    return this.#files.map((_, number) => this.#nameOf(number))
  }

  blob(number: number): Promise<Blob | null> {
    return this.#items[number]?.then(({ sink }) => sink.blob(MEDIA_TYPE)) ?? Promise.resolve(null)
  }

  /** Lets go of the channels; with `remove`, of what has arrived too. */
  async end(remove: boolean): Promise<void> {
    this.#ended = true
    for (const [number, opening] of this.#items.entries()) {
      const item = await opening.catch(() => null)
      item?.receiving.detach()
      item?.sink.close()
      if (remove) await this.#disk.remove(this.#nameOf(number))
    }
  }

  async #serve(number: number, channel: RTCDataChannel): Promise<void> {
    try {
      const { receiving } = await (this.#items[number] ??= this.#open(number))
      if (this.#ended) channel.close()
      else tie(channel, receiving, () => undefined)
    } catch (error) {
      channel.close()
      this.#events.onFailed(error)
    }
  }

  async #open(number: number): Promise<Item> {
    const sizeBytes = this.#files[number]?.sizeBytes ?? 0
    const sink = await this.#disk.open(this.#nameOf(number), sizeBytes)
    const item: Item = {
      sink,
      receiving: new Receiving(sink, sizeBytes, {
        onProgress: (doneBytes) => this.#progress(item, doneBytes),
        onVerifying: () => undefined,
        onVerified: () => this.#verified(item),
        onDifferent: () => undefined,
        onFailed: (error) => this.#events.onFailed(error),
      }),
      doneBytes: 0,
      verified: false,
    }
    return item
  }

  #progress(item: Item, doneBytes: number): void {
    this.#doneBytes += doneBytes - item.doneBytes
    item.doneBytes = doneBytes
    this.#events.onProgress(this.#doneBytes)
  }

  #verified(item: Item): void {
    if (item.verified) return
    item.verified = true
    this.#doneFiles += 1
    this.#events.onFile(this.#doneFiles)
    if (this.#doneFiles === this.#files.length) this.#events.onDone()
  }

  #nameOf(number: number): string {
    return `${this.#name}-${number}`
  }
}
