/** Where received bytes go, and the sink of browsers without a file system of their own: memory. */
import { sha256 } from '@noble/hashes/sha2.js'

export interface Sink {
  /** What is written down; a transfer continues here. */
  readonly sizeBytes: number
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** SHA-256 of everything written. */
  digest(): Promise<Uint8Array<ArrayBuffer>>
  /** Forgets everything written. */
  reset(): Promise<void>
  /** Everything written, for the person to save. */
  blob(mediaType: string): Promise<Blob>
  /** What is written outlives the page; the sink is closed when the file is whole. */
  readonly lasting: boolean
  /** Frees what the sink holds open; what was written stays where the sink keeps it. */
  close(): void
}

/** Where this browser keeps received files. */
export interface ReceivedFiles {
  /** The file of a transfer for writing, with what an earlier page wrote to it. Rejects when it cannot take it. */
  open(name: string, sizeBytes: number): Promise<Sink>
  /** What an earlier page, or a closed sink, has left; null when there is nothing. */
  read(name: string, mediaType: string): Promise<Blob | null>
  remove(name: string): Promise<void>
}

/** Beyond it a tab may run out of memory. */
export const MEMORY_BYTES_MAX = 512 * 1024 * 1024

/** Keeps Blob parts, which browsers move out of memory as they see fit; gone with the page. */
export class MemorySink implements Sink {
  readonly lasting = false
  #parts: Blob[] = []
  #hash = sha256.create()
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#sizeBytes + bytes.length > MEMORY_BYTES_MAX)
      return Promise.reject(new Error('transfers.tooLarge'))
    this.#hash.update(bytes)
    this.#parts.push(new Blob([bytes]))
    this.#sizeBytes += bytes.length
    return Promise.resolve()
  }

  digest(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(new Uint8Array(this.#hash.clone().digest()))
  }

  reset(): Promise<void> {
    this.#parts = []
    this.#hash = sha256.create()
    this.#sizeBytes = 0
    return Promise.resolve()
  }

  blob(mediaType: string): Promise<Blob> {
    return Promise.resolve(new Blob(this.#parts, { type: mediaType }))
  }

  close(): void {
    this.#parts = []
  }
}

export const memoryFiles: ReceivedFiles = {
  open: (_name, sizeBytes) =>
    sizeBytes > MEMORY_BYTES_MAX
      ? Promise.reject(new Error('transfers.tooLarge'))
      : Promise.resolve(new MemorySink()),
  read: () => Promise.resolve(null),
  remove: () => Promise.resolve(),
}
