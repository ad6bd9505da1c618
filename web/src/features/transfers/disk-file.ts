/**
 * One received file in the browser's own file system (OPFS), written through a synchronous handle and
 * hashed on the way. Runs in a worker: such handles exist only there, and the page stays smooth.
 */
import { sha256 } from '@noble/hashes/sha2.js'

/** The part of FileSystemSyncAccessHandle we use. */
export interface SyncFile {
  getSize(): number
  read(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number
  write(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}

/** Hashed at once when a part of an earlier page is taken up again. */
const READ_BYTES = 1024 * 1024
/** Written since the last flush: what a crash may cost. */
const FLUSH_EVERY_BYTES = 16 * 1024 * 1024

export class DiskFile {
  readonly #file: SyncFile
  #hash = sha256.create()
  #sizeBytes = 0
  #flushedBytes = 0

  /** Takes up what an earlier page had written. */
  constructor(file: SyncFile) {
    this.#file = file
    const size = file.getSize()
    const buffer = new Uint8Array(READ_BYTES)
    while (this.#sizeBytes < size) {
      const count = file.read(buffer, { at: this.#sizeBytes })
      if (count === 0) break
      this.#hash.update(buffer.subarray(0, count))
      this.#sizeBytes += count
    }
    this.#flushedBytes = this.#sizeBytes
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  write(bytes: Uint8Array<ArrayBuffer>): void {
    // A full disk writes less than was asked; what was not counted is overwritten by the next attempt.
    if (this.#file.write(bytes, { at: this.#sizeBytes }) !== bytes.length)
      throw new Error('transfers.diskFull')
    this.#hash.update(bytes)
    this.#sizeBytes += bytes.length
    if (this.#sizeBytes - this.#flushedBytes < FLUSH_EVERY_BYTES) return
    this.#file.flush()
    this.#flushedBytes = this.#sizeBytes
  }

  digest(): Uint8Array<ArrayBuffer> {
    this.#file.flush()
    return new Uint8Array(this.#hash.clone().digest())
  }

  reset(): void {
    this.#file.truncate(0)
    this.#hash = sha256.create()
    this.#sizeBytes = 0
    this.#flushedBytes = 0
  }

  close(): void {
    this.#file.flush()
    this.#file.close()
  }
}
