/** What this browser remembers of transfers between visits; gone at sign-out with all of storage. */
import type { FeatureStorage } from '../../model/feature'
import type { Path } from '../../model/types'

/** Of either direction; the oldest is forgotten first. */
const RECORDS_MAX = 200

export interface TransferRecord {
  direction: 'out' | 'in'
  transfer: string
  log: string
  name: string
  sizeBytes: number
  mediaType: string
  /** As in the offer: 0 is one file. */
  files: number
  createdAtMs: number
  /** Sent: how to read the files again after a reload, where the browser can. */
  handles?: FileSystemHandle[]
  /** Sent: of the manifest, which the files have to make again. */
  manifest?: Uint8Array<ArrayBuffer>
  /** Sent: a folder was chosen. */
  folder?: boolean
  /** Received: the root everything was found to have. */
  sha256?: Uint8Array<ArrayBuffer>
  /** Received: how. */
  path?: Path
  /** Received: the person has saved it. */
  savedAtMs?: number
}

export class Records {
  readonly #storage: FeatureStorage

  constructor(storage: FeatureStorage) {
    this.#storage = storage
  }

  async all(): Promise<TransferRecord[]> {
    const records = await Promise.all((await this.#storage.keys()).map((key) => this.get(key)))
    return records.filter((record) => record !== null).sort((a, b) => a.createdAtMs - b.createdAtMs)
  }

  async get(transfer: string): Promise<TransferRecord | null> {
    return ((await this.#storage.get(transfer)) as TransferRecord | undefined) ?? null
  }

  /** Keeps a record; returns those that had to go for it. */
  async put(record: TransferRecord): Promise<TransferRecord[]> {
    await this.#storage.put(record.transfer, record)
    const all = await this.all()
    const excess = all.slice(0, Math.max(0, all.length - RECORDS_MAX))
    for (const { transfer } of excess) await this.delete(transfer)
    return excess
  }

  async delete(transfer: string): Promise<void> {
    await this.#storage.delete(transfer)
  }
}
