/**
 * Where received files arrive: all of a transfer in one file, chunk after chunk, so that ten thousand small
 * ones cost no more than a large one; each is a slice of it. Nothing is shown before everything is here.
 */
import { leafOf } from './hash'
import type { Entry, Manifest } from './protocol/manifest'
import type { Leafs } from './protocol/receiver'
import { equal } from './protocol/tree'

/** One transfer's, while it is being received. */
export interface Landing {
  /** What is written outlives the page. */
  readonly lasting: boolean
  /** What an earlier page has left: chunks whose bytes were compared with their leaves. */
  readonly manifest: Manifest | null
  readonly leaves: Leafs
  /** Makes room, and forgets what is of another manifest. Rejects when there is none. */
  begin(manifest: Manifest): Promise<void>
  /** False, and nothing is written, when the bytes are not what the leaf says. */
  write(chunk: number, data: Uint8Array<ArrayBuffer>, leaf: Uint8Array): Promise<boolean>
  drop(chunk: number): Promise<void>
  /** Everything is written: safe from a crash now. */
  finish(): Promise<void>
  /** What was received; only after `finish`. */
  received(): Promise<Received | null>
  /** Frees what is held open; what was written stays where it is kept. */
  close(): Promise<void>
}

/** Files that are whole. */
export interface Received {
  readonly entries: readonly Entry[]
  blob(entry: number, mediaType: string): Blob
}

/** Where this browser keeps received files. */
export interface ReceivedFiles {
  open(name: string): Promise<Landing>
  /** What was received under a name; null when there is nothing. */
  read(name: string): Promise<Received | null>
  remove(name: string): Promise<void>
}

/** Where each entry begins in the one file. */
export function basesOf(entries: readonly Entry[]): number[] {
  let at = 0
  return entries.map(({ sizeBytes }) => {
    at += sizeBytes
    return at - sizeBytes
  })
}

/** The files as slices of the one that has them all. */
export function slicesOf(entries: readonly Entry[], whole: Blob): Received {
  const bases = basesOf(entries)
  return {
    entries,
    blob: (entry, mediaType) => {
      const from = bases[entry] ?? 0
      return whole.slice(from, from + (entries[entry]?.sizeBytes ?? 0), mediaType)
    },
  }
}

/** Beyond it a tab may run out of memory. */
export const MEMORY_BYTES_MAX = 512 * 1024 * 1024

/** For browsers without a file system of their own: blobs, which they move out of memory as they see fit. */
export class MemoryLanding implements Landing {
  readonly lasting = false
  readonly leaves: Leafs = new Map()
  manifest: Manifest | null = null
  #chunks: (Blob | undefined)[] = []

  begin(manifest: Manifest): Promise<void> {
    if (manifest.sizeBytes > MEMORY_BYTES_MAX) return Promise.reject(new Error('transfers.tooLarge'))
    this.manifest = manifest
    this.#chunks = []
    return Promise.resolve()
  }

  async write(chunk: number, data: Uint8Array<ArrayBuffer>, leaf: Uint8Array): Promise<boolean> {
    if (!equal(await leafOf(data), leaf)) return false
    this.#chunks[chunk] = new Blob([data])
    return true
  }

  drop(chunk: number): Promise<void> {
    this.#chunks[chunk] = undefined
    return Promise.resolve()
  }

  finish(): Promise<void> {
    return Promise.resolve()
  }

  received(): Promise<Received | null> {
    const parts = this.#chunks.filter((part) => part !== undefined)
    const { manifest } = this
    return Promise.resolve(manifest === null ? null : slicesOf(manifest.entries, new Blob(parts)))
  }

  close(): Promise<void> {
    this.#chunks = []
    return Promise.resolve()
  }
}

export const memoryFiles: ReceivedFiles = {
  open: () => Promise.resolve(new MemoryLanding()),
  read: () => Promise.resolve(null),
  remove: () => Promise.resolve(),
}
