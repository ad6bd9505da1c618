/** The files this browser keeps: the most recently used, within a bound. */
import type { Clock } from './feature'
import type { Database } from './database'

const TOTAL_BYTES_MAX = 200 * 1024 * 1024
/** Larger ones are worth a second download more than the room they take. */
const BLOB_BYTES_MAX = 20 * 1024 * 1024

export class Blobs {
  readonly #database: Database
  readonly #clock: Clock
  readonly #totalBytesMax: number

  constructor(database: Database, clock: Clock, totalBytesMax = TOTAL_BYTES_MAX) {
    this.#database = database
    this.#clock = clock
    this.#totalBytesMax = totalBytesMax
  }

  async get(blob: string): Promise<Blob | null> {
    const record = await this.#database.get('blobs', blob)
    if (record === undefined) return null
    await this.#database.put('blobs', { ...record, usedAtMs: this.#clock.nowMs() })
    return record.data
  }

  /** Keeps a file if it may; a cache that cannot keep it is no error. */
  async put(blob: string, data: Blob): Promise<void> {
    if (data.size > Math.min(BLOB_BYTES_MAX, this.#totalBytesMax)) return
    try {
      const record = { blob, data, sizeBytes: data.size, usedAtMs: this.#clock.nowMs() }
      await this.#database.put('blobs', record)
      await this.#trim()
    } catch {
      await this.#database.clear('blobs').catch(() => undefined) // no room left: make some
    }
  }

  /** How much room they take. */
  async sizeBytes(): Promise<number> {
    let total = 0
    let cursor = await this.#database.transaction('blobs').store.openCursor()
    for (; cursor !== null; cursor = await cursor.continue()) total += cursor.value.sizeBytes
    return total
  }

  /** Lets go of files; those that are not here are passed over. */
  async forget(blobs: Iterable<string>): Promise<void> {
    const transaction = this.#database.transaction('blobs', 'readwrite')
    await Promise.all([...[...blobs].map((blob) => transaction.store.delete(blob)), transaction.done])
  }

  async #trim(): Promise<void> {
    const transaction = this.#database.transaction('blobs', 'readwrite')
    let total = 0
    // Newest first: what no longer fits goes.
    let cursor = await transaction.store.index('usedAtMs').openCursor(null, 'prev')
    while (cursor !== null) {
      total += cursor.value.sizeBytes
      if (total > this.#totalBytesMax) await cursor.delete()
      cursor = await cursor.continue()
    }
    await transaction.done
  }
}
