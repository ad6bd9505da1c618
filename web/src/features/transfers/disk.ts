/** Received files in the browser's own file system: while they arrive, and what is kept between visits. */
import type { DiskReply, DiskRequest } from './disk-worker'
import { basesOf, memoryFiles, slicesOf, type Landing, type Received, type ReceivedFiles } from './landing'
import { beginJournal, readJournal } from './protocol/journal'
import { Manifest } from './protocol/manifest'
import type { Leafs } from './protocol/receiver'

const FOLDER = 'transfers'

type Ask = DiskRequest extends infer Request
  ? Request extends DiskRequest
    ? Omit<Request, 'id'>
    : never
  : never

/** Received files on disk where the browser has such a file system and lets this page use it, else in memory. */
export function browserFiles(): ReceivedFiles {
  return hasDisk() ? { open: (name) => DiskLanding.open(name), read, remove } : memoryFiles
}

function hasDisk(): boolean {
  const { storage } = navigator as Partial<Navigator>
  return typeof Worker !== 'undefined' && storage !== undefined && 'getDirectory' in storage
}

async function directory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return root.getDirectoryHandle(FOLDER, { create: true })
}

async function read(name: string): Promise<Received | null> {
  try {
    const folder = await (await directory()).getDirectoryHandle(name)
    const journal = await (await folder.getFileHandle('journal')).getFile()
    const { manifest, kept } = readJournal(new Uint8Array(await journal.arrayBuffer()))
    if (manifest === null || kept.size < manifest.chunks) return null
    return slicesOf(manifest.entries, await (await folder.getFileHandle('data')).getFile())
  } catch {
    return null
  }
}

async function remove(name: string): Promise<void> {
  // What is not there is removed already; what is open is removed at the next start.
  await directory().then(
    (folder) => folder.removeEntry(name, { recursive: true }).catch(() => undefined),
    () => undefined,
  )
}

class DiskLanding implements Landing {
  readonly lasting = true
  manifest: Manifest | null = null
  leaves: Leafs = new Map()
  readonly #name: string
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (reply: DiskReply) => void; reject: (error: Error) => void }
  >()
  #bases: number[] = []
  #nextId = 1
  #closed = false

  private constructor(name: string) {
    this.#name = name
    this.#worker = new Worker(new URL('./disk-worker.ts', import.meta.url), { type: 'module' })
    this.#worker.addEventListener('message', ({ data }: MessageEvent<DiskReply>) => {
      const waiting = this.#waiting.get(data.id)
      this.#waiting.delete(data.id)
      if (data.error === undefined) waiting?.resolve(data)
      else waiting?.reject(new Error(data.error))
    })
    this.#worker.addEventListener('error', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('transfers.noDisk'))
      this.#waiting.clear()
    })
  }

  /** Opens the files of a transfer, with what an earlier page wrote to them. */
  static async open(name: string): Promise<DiskLanding> {
    const landing = new DiskLanding(name)
    try {
      const { left } = await landing.#ask({ do: 'open', folder: FOLDER, name })
      if (left) {
        landing.#take(new Manifest(left.entries, left.chunkBytes))
        landing.leaves = left.leaves
      }
      return landing
    } catch (error) {
      landing.#worker.terminate()
      throw error
    }
  }

  async begin(manifest: Manifest): Promise<void> {
    const { sizeBytes } = manifest
    await this.#ask({ do: 'begin', journal: beginJournal(manifest), sizeBytes })
    this.#take(manifest)
  }

  async write(chunk: number, data: Uint8Array<ArrayBuffer>, leaf: Uint8Array): Promise<boolean> {
    const { entry, offset } = this.manifest?.span(chunk) ?? { entry: 0, offset: 0 }
    const at = (this.#bases[entry] ?? 0) + offset
    const { right = false } = await this.#ask({ do: 'write', chunk, at, data, leaf }, [data.buffer])
    return right
  }

  async drop(chunk: number): Promise<void> {
    await this.#ask({ do: 'drop', chunk })
  }

  async finish(): Promise<void> {
    await this.#ask({ do: 'flush' })
  }

  received(): Promise<Received | null> {
    return read(this.#name)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    const closing = this.#ask({ do: 'close' })
    this.#closed = true
    await closing.catch(() => undefined)
    this.#worker.terminate()
  }

  #take(manifest: Manifest): void {
    this.manifest = manifest
    this.#bases = basesOf(manifest.entries)
  }

  #ask(request: Ask, transfer: Transferable[] = []): Promise<DiskReply> {
    if (this.#closed) return Promise.reject(new Error('transfers.noDisk'))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, ...request }, transfer)
    })
  }
}
