/** Received files in the browser's own file system: the sink, and what is kept there between visits. */
import type { DiskReply, DiskRequest } from './disk-worker'
import { memoryFiles, type ReceivedFiles, type Sink } from './sink'

const FOLDER = 'transfers'

type Ask = DiskRequest extends infer Request
  ? Request extends DiskRequest
    ? Omit<Request, 'id'>
    : never
  : never

/** Received files on disk where the browser has such a file system and lets this page use it, else in memory. */
export function browserFiles(): ReceivedFiles {
  return hasDisk() ? { open: (name) => DiskSink.open(name), read, remove } : memoryFiles
}

function hasDisk(): boolean {
  const { storage } = navigator as Partial<Navigator>
  return typeof Worker !== 'undefined' && storage !== undefined && 'getDirectory' in storage
}

async function directory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return root.getDirectoryHandle(FOLDER, { create: true })
}

async function read(name: string, mediaType: string): Promise<Blob | null> {
  try {
    const file = await (await (await directory()).getFileHandle(name)).getFile()
    return file.slice(0, file.size, mediaType)
  } catch {
    return null
  }
}

async function remove(name: string): Promise<void> {
  // One that is not there is removed already; one that is open is removed at the next start.
  await directory().then(
    (folder) => folder.removeEntry(name).catch(() => undefined),
    () => undefined,
  )
}

class DiskSink implements Sink {
  readonly lasting = true
  readonly #name: string
  readonly #worker: Worker
  readonly #waiting = new Map<
    number,
    { resolve: (reply: DiskReply) => void; reject: (error: Error) => void }
  >()
  #nextId = 1
  #sizeBytes = 0

  private constructor(name: string) {
    this.#name = name
    this.#worker = new Worker(new URL('./disk-worker.ts', import.meta.url), { type: 'module' })
    this.#worker.addEventListener('message', ({ data }: MessageEvent<DiskReply>) => {
      const waiting = this.#waiting.get(data.id)
      this.#waiting.delete(data.id)
      this.#sizeBytes = data.sizeBytes
      if (data.error === undefined) waiting?.resolve(data)
      else waiting?.reject(new Error(data.error))
    })
    this.#worker.addEventListener('error', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('transfers.noDisk'))
      this.#waiting.clear()
    })
  }

  /** Opens the file of a transfer, with what an earlier page wrote to it. */
  static async open(name: string): Promise<DiskSink> {
    const sink = new DiskSink(name)
    try {
      await sink.#ask({ do: 'open', folder: FOLDER, name })
      return sink
    } catch (error) {
      sink.#worker.terminate()
      throw error
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#ask({ do: 'write', bytes }, [bytes.buffer])
  }

  async digest(): Promise<Uint8Array<ArrayBuffer>> {
    const { digest } = await this.#ask({ do: 'digest' })
    if (digest === undefined) throw new Error('transfers.noDisk')
    return digest
  }

  async reset(): Promise<void> {
    await this.#ask({ do: 'reset' })
  }

  async blob(mediaType: string): Promise<Blob> {
    const blob = await read(this.#name, mediaType)
    if (blob === null) throw new Error('transfers.noDisk')
    return blob
  }

  close(): void {
    void this.#ask({ do: 'close' }).then(
      () => this.#worker.terminate(),
      () => this.#worker.terminate(),
    )
  }

  #ask(request: Ask, transfer: Transferable[] = []): Promise<DiskReply> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, ...request }, transfer)
    })
  }
}
