/**
 * Sends one file over one channel: from the receiver's offset, never further ahead than the window, so
 * that neither side holds more than that in memory.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { ChannelMessage } from '../../schema/transfers_pb'
import { CHUNK_BYTES_MAX, ChannelError, encode, type Channel } from './channel'

/** Read from the file at once. */
const BLOCK_BYTES = 256 * 1024
/** Sent and not yet written down by the receiver. */
export const WINDOW_BYTES = 4 * 1024 * 1024
/** In the browser's own buffer. */
export const BUFFERED_BYTES_MAX = 1024 * 1024
/** A file the receiver finds different is sent once more, then given up. */
const ATTEMPTS_MAX = 2

export interface Source {
  readonly sizeBytes: number
  /** Rejects when the file can no longer be read, or has changed. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

export function fileSource(file: Blob): Source {
  return {
    sizeBytes: file.size,
    read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
  }
}

export interface SendEvents {
  /** What the receiver has written down. */
  onProgress: (doneBytes: number) => void
  /** The receiver has the whole file, with the right hash. */
  onVerified: () => void
  /** 'unreadable': the file; 'different': the receiver's copy, twice. */
  onFailed: (reason: 'unreadable' | 'different') => void
}

export class Sending {
  readonly #source: Source
  readonly #events: SendEvents
  #channel: Channel | null = null
  #acknowledged = 0
  #wake = (): void => undefined
  /** Counts runs, so that the loop of a past channel or offset stops. */
  #run = 0
  #attempts = 0
  #sent = false

  constructor(source: Source, events: SendEvents) {
    this.#source = source
    this.#events = events
  }

  /** A channel has opened; the receiver's Ready starts the sending. */
  attach(channel: Channel): void {
    this.detach()
    this.#channel = channel
  }

  /** The channel is gone, perhaps for a new one. */
  detach(): void {
    this.#run += 1
    this.#channel = null
    this.#sent = false
    this.#wake()
  }

  /** The browser's buffer has room again. */
  drained(): void {
    this.#wake()
  }

  /** A message of the receiver; raises ChannelError when it makes no sense. */
  receive(message: ChannelMessage['kind']): void {
    if (this.#attempts >= ATTEMPTS_MAX) return // it was given up
    if (message.case === 'ready') this.#start(Number(message.value.offset))
    else if (message.case === 'receivedBytes') this.#acknowledge(Number(message.value))
    else if (message.case === 'verified' && this.#sent) this.#verified(message.value)
    else throw new ChannelError('unexpected message of the receiver')
  }

  #start(offset: number): void {
    if (offset > this.#source.sizeBytes) throw new ChannelError('the receiver has more than there is')
    this.#run += 1
    this.#sent = false
    this.#acknowledged = offset
    this.#events.onProgress(offset)
    this.#wake()
    void this.#loop(this.#run, offset)
  }

  #acknowledge(bytes: number): void {
    if (bytes > this.#source.sizeBytes) throw new ChannelError('the receiver has more than there is')
    this.#acknowledged = Math.max(this.#acknowledged, bytes)
    this.#events.onProgress(this.#acknowledged)
    this.#wake()
  }

  #verified(right: boolean): void {
    this.#run += 1
    this.#sent = false
    this.#attempts += 1
    if (right) this.#events.onVerified()
    else if (this.#attempts >= ATTEMPTS_MAX) this.#events.onFailed('different')
    // Otherwise the receiver says Ready from the start again.
  }

  async #loop(run: number, offset: number): Promise<void> {
    const hash = sha256.create()
    const { sizeBytes } = this.#source
    try {
      for (let at = 0; at < sizeBytes;) {
        const block = await this.#source.read(at, Math.min(BLOCK_BYTES, sizeBytes - at))
        if (run !== this.#run) return
        if (block.length === 0) throw new Error('the file is shorter than it was')
        hash.update(block)
        // What the receiver has already is only hashed.
        const from = Math.max(0, Math.min(block.length, offset - at))
        if (!(await this.#sendBlock(run, at + from, block.subarray(from)))) return
        at += block.length
      }
    } catch {
      if (run === this.#run) this.#events.onFailed('unreadable')
      return
    }
    const value = {
      $typeName: 'hutong.transfers.End' as const,
      sha256: hash.digest(),
      sizeBytes: BigInt(sizeBytes),
    }
    this.#sent = true
    this.#channel?.send(encode({ case: 'end', value }))
  }

  /** False when the run is over. */
  async #sendBlock(run: number, offset: number, block: Uint8Array<ArrayBuffer>): Promise<boolean> {
    for (let at = 0; at < block.length; at += CHUNK_BYTES_MAX) {
      const chunk = block.subarray(at, at + CHUNK_BYTES_MAX)
      while (run === this.#run && !this.#hasRoom(offset + at + chunk.length))
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      if (run !== this.#run) return false
      this.#channel?.send(encode({ case: 'chunk', value: chunk }))
    }
    return true
  }

  #hasRoom(end: number): boolean {
    const buffered = this.#channel?.bufferedAmount ?? 0
    return end - this.#acknowledged <= WINDOW_BYTES && buffered < BUFFERED_BYTES_MAX
  }
}
