/** The files somebody hands over, read chunk by chunk. */
import { leafOf } from './hash'
import { makeManifest, type Entry, type Manifest } from './protocol/manifest'

export interface PickedFile {
  /** Relative, with the names of the folders that were chosen. */
  path: string
  file: File
}

/** What a person chose: files, and folders that are empty. */
export interface Picked {
  files: PickedFile[]
  folders: string[]
  /** By which they can be read again after a reload, in browsers that let a page keep them. */
  handles?: FileSystemHandle[]
}

export interface Chunk {
  data: Uint8Array<ArrayBuffer>
  leaf: Uint8Array<ArrayBuffer>
}

export interface Source {
  readonly manifest: Manifest
  /** Rejects when a file can no longer be read, or has changed. */
  read(chunk: number): Promise<Chunk>
}

/** Reads what was picked. Throws `ManifestError` for what cannot be handed over together. */
export class PickedSource implements Source {
  readonly manifest: Manifest
  /** Of the file, the folder, or what many are called together. */
  readonly name: string
  readonly mediaType: string
  /** Set when it is one file, which is all the server's storage takes. */
  readonly single: File | null
  readonly #files = new Map<string, File>()

  constructor({ files, folders }: Picked) {
    const entries: Entry[] = [
      ...files.map(({ path, file }) => ({ path, sizeBytes: file.size, folder: false, executable: false })),
      ...folders.map((path) => ({ path, sizeBytes: 0, folder: true, executable: false })),
    ]
    // The same files make the same manifest whenever they are picked.
    entries.sort((one, other) => (one.path < other.path ? -1 : Number(one.path > other.path)))
    for (const { path, file } of files) this.#files.set(path, file)
    this.manifest = makeManifest(entries)
    this.single = (files.length === 1 && folders.length === 0 && files[0]?.file) || null
    this.mediaType = this.single?.type || 'application/octet-stream'
    this.name = this.single?.name ?? nameOf(entries)
  }

  /** As the offer says it: 0 is one file. */
  get count(): number {
    return this.single === null ? this.manifest.entries.length : 0
  }

  async read(chunk: number): Promise<Chunk> {
    const { entry, offset, sizeBytes } = this.manifest.span(chunk)
    const file = this.#files.get(this.manifest.entries[entry]?.path ?? '')
    if (file === undefined) throw new Error('there is no such file')
    const data = new Uint8Array(await file.slice(offset, offset + sizeBytes).arrayBuffer())
    if (data.length !== sizeBytes) throw new Error('the file is shorter than it was')
    return { data, leaf: await leafOf(data) }
  }
}

function nameOf(entries: readonly Entry[]): string {
  const tops = [...new Set(entries.map(({ path }) => path.split('/')[0] ?? ''))]
  const [first = ''] = tops
  if (tops.length === 1) return first
  const dotAt = first.lastIndexOf('.')
  return `${dotAt > 0 ? first.slice(0, dotAt) : first} +${tops.length - 1}`
}
