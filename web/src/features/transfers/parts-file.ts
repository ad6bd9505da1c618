/**
 * Received chunks in the browser's own file system (OPFS) and the journal beside them, written through
 * synchronous handles. Runs in a worker: such handles exist only there, and the page stays smooth.
 */
import { leafOf } from './hash'
import { basesOf } from './landing'
import { droppedRecord, keptRecord, readJournal } from './protocol/journal'
import type { Entry } from './protocol/manifest'
import { equal } from './protocol/tree'

/** The part of FileSystemSyncAccessHandle we use. */
export interface SyncFile {
  getSize(): number
  read(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number
  write(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}

/** What an earlier page has left. */
export interface Left {
  entries: readonly Entry[]
  chunkBytes: number
  leaves: Map<number, Uint8Array<ArrayBuffer>>
}

/** The disk has no room for it. */
export class FullError extends Error {
  override readonly name = 'FullError'
}

/** Written since the last flush: what a power failure may cost. */
const FLUSH_EVERY_BYTES = 64 * 1024 * 1024

export class PartsFile {
  readonly #data: SyncFile
  readonly #journal: SyncFile
  #journalBytes = 0
  #unflushedBytes = 0

  constructor(data: SyncFile, journal: SyncFile) {
    this.#data = data
    this.#journal = journal
  }

  /** Reads the journal up to the first torn record, and believes in a chunk whose bytes have its leaf (XFER13). */
  async resume(): Promise<Left | null> {
    const journal = new Uint8Array(this.#journal.getSize())
    this.#journal.read(journal, { at: 0 })
    const { manifest, kept, sizeBytes } = readJournal(journal)
    this.#journalBytes = sizeBytes
    if (manifest === null) return null
    const bases = basesOf(manifest.entries)
    const leaves = new Map<number, Uint8Array<ArrayBuffer>>()
    for (const [chunk, leaf] of kept) {
      const span = manifest.span(chunk)
      const data = new Uint8Array(span.sizeBytes)
      this.#data.read(data, { at: (bases[span.entry] ?? 0) + span.offset })
      if (equal(await leafOf(data), leaf)) leaves.set(chunk, leaf)
    }
    return { entries: manifest.entries, chunkBytes: manifest.chunkBytes, leaves }
  }

  /** Forgets everything and begins with a journal; there has to be room for all of it. */
  begin(journal: Uint8Array<ArrayBuffer>, sizeBytes: number): void {
    this.#journal.truncate(0)
    this.#journalBytes = 0
    this.#data.truncate(0)
    this.#data.truncate(sizeBytes)
    this.#append(journal)
  }

  /** False, and nothing is written, when the bytes are not what the leaf says. */
  async write(chunk: number, at: number, data: Uint8Array<ArrayBuffer>, leaf: Uint8Array): Promise<boolean> {
    if (!equal(await leafOf(data), leaf)) return false
    // A full disk writes less than was asked.
    if (this.#data.write(data, { at }) !== data.length) throw new FullError()
    this.#append(keptRecord(chunk, leaf))
    this.#unflushedBytes += data.length
    if (this.#unflushedBytes >= FLUSH_EVERY_BYTES) this.flush()
    return true
  }

  drop(chunk: number): void {
    this.#append(droppedRecord(chunk))
  }

  flush(): void {
    this.#data.flush()
    this.#journal.flush()
    this.#unflushedBytes = 0
  }

  close(): void {
    this.flush()
    this.#data.close()
    this.#journal.close()
  }

  #append(record: Uint8Array<ArrayBuffer>): void {
    if (this.#journal.write(record, { at: this.#journalBytes }) !== record.length) throw new FullError()
    this.#journalBytes += record.length
  }
}
