/**
 * Receives one file over one channel into a sink. Messages are handled one after the other; a chunk is
 * acknowledged when it is written down, which is what holds the sender back.
 */
import type { ChannelMessage } from '../../schema/transfers_pb'
import { CHUNK_BYTES_MAX, ChannelError, encode, type Channel } from './channel'
import { WINDOW_BYTES } from './send'
import type { Sink } from './sink'

/** Written down, and acknowledged, together. */
const BLOCK_BYTES = 256 * 1024
/** Messages not yet written down; a sender that keeps to the window stays far below. */
const QUEUE_BYTES_MAX = 2 * WINDOW_BYTES
const QUEUE_MESSAGES_MAX = (2 * QUEUE_BYTES_MAX) / CHUNK_BYTES_MAX

export interface ReceiveEvents {
  onProgress: (doneBytes: number) => void
  onVerifying: () => void
  onVerified: (sha256: Uint8Array<ArrayBuffer>) => void
  /** The bytes differ from what the sender has; they were dropped, and asked for once more. */
  onDifferent: () => void
  /** The other side broke the rules, or nothing can be written here. */
  onFailed: (error: unknown) => void
}

export class Receiving {
  readonly #sink: Sink
  readonly #sizeBytes: number
  readonly #events: ReceiveEvents
  #channel: Channel | null = null
  #chain: Promise<void> = Promise.resolve()
  #queuedBytes = 0
  #queuedMessages = 0
  /** Chunks of the next block; lost with the channel, and then sent again. */
  #block: Uint8Array<ArrayBuffer>[] = []
  #blockBytes = 0
  /** Counts channels: what still waits of a past one is not part of the file any more. */
  #run = 0

  constructor(sink: Sink, sizeBytes: number, events: ReceiveEvents) {
    this.#sink = sink
    this.#sizeBytes = sizeBytes
    this.#events = events
  }

  /** A channel has opened: says where to continue. */
  attach(channel: Channel): void {
    this.#run += 1
    const run = this.#run
    this.#channel = channel
    void this.#enqueue(run, () => {
      this.#ready()
      return Promise.resolve()
    })
  }

  detach(): void {
    this.#run += 1
    this.#channel = null
  }

  /** A message of the sender. Never throws: what is wrong ends in `onFailed`. */
  receive(message: ChannelMessage['kind']): void {
    const bytes = message.case === 'chunk' ? message.value.length : 0
    this.#queuedBytes += bytes
    this.#queuedMessages += 1
    if (this.#queuedBytes > QUEUE_BYTES_MAX || this.#queuedMessages > QUEUE_MESSAGES_MAX) {
      this.#fail(new ChannelError('the sender does not wait'))
      return
    }
    void this.#enqueue(this.#run, () => this.#handle(message)).finally(() => {
      this.#queuedBytes -= bytes
      this.#queuedMessages -= 1
    })
  }

  #enqueue(run: number, handle: () => Promise<void>): Promise<void> {
    this.#chain = this.#chain
      .then(() => (run === this.#run ? handle() : undefined))
      .catch((error: unknown) => {
        if (run === this.#run) this.#fail(error)
      })
    return this.#chain
  }

  async #handle(message: ChannelMessage['kind']): Promise<void> {
    if (message.case === 'chunk') await this.#write(message.value as Uint8Array<ArrayBuffer>)
    else if (message.case === 'end') await this.#verify(message.value.sha256, Number(message.value.sizeBytes))
    else throw new ChannelError('unexpected message of the sender')
  }

  async #write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    const end = this.#sink.sizeBytes + this.#blockBytes + chunk.length
    if (chunk.length === 0 || chunk.length > CHUNK_BYTES_MAX || end > this.#sizeBytes)
      throw new ChannelError('a chunk of a size that cannot be')
    this.#block.push(chunk)
    this.#blockBytes += chunk.length
    if (this.#blockBytes >= BLOCK_BYTES) await this.#flush()
  }

  async #flush(): Promise<void> {
    const block = new Uint8Array(this.#blockBytes)
    let at = 0
    for (const chunk of this.#block) {
      block.set(chunk, at)
      at += chunk.length
    }
    this.#drop()
    await this.#sink.write(block)
    this.#send({ case: 'receivedBytes', value: BigInt(this.#sink.sizeBytes) })
    this.#events.onProgress(this.#sink.sizeBytes)
  }

  #drop(): void {
    this.#block = []
    this.#blockBytes = 0
  }

  async #verify(sha256: Uint8Array, sizeBytes: number): Promise<void> {
    await this.#flush()
    this.#events.onVerifying()
    const digest = await this.#sink.digest()
    const right = sizeBytes === this.#sink.sizeBytes && sizeBytes === this.#sizeBytes && equal(digest, sha256)
    this.#send({ case: 'verified', value: right })
    if (right) {
      this.#events.onVerified(digest)
      return
    }
    await this.#sink.reset()
    this.#events.onDifferent()
    this.#ready()
  }

  #ready(): void {
    this.#drop()
    const offset = BigInt(this.#sink.sizeBytes)
    this.#send({ case: 'ready', value: { $typeName: 'hutong.transfers.Ready', offset } })
    this.#events.onProgress(this.#sink.sizeBytes)
  }

  #send(kind: ChannelMessage['kind']): void {
    this.#channel?.send(encode(kind))
  }

  #fail(error: unknown): void {
    this.detach()
    this.#events.onFailed(error)
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
