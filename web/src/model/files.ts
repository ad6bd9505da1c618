import { sha256 } from '@noble/hashes/sha2.js'
import { RpcError, toRpcError } from '../link/errors'
import { Files as Rpc } from '../schema/files_pb'
import type { FilesApi } from './api'
import type { Blobs } from './blobs'
import { toHex } from '../link/bytes'
import type { Call } from './feature'
import type { Store } from './store'
import { CHUNK_BYTES, upload, type Stored, type UploadOptions } from './upload'

const IN_FLIGHT_MAX = 4
/** A browser keeps the parts of a download on disk, but not without end. */
const DOWNLOAD_BYTES_MAX = 4 * 1024 * 1024 * 1024
/** What may be shown in this origin: never a type in which a script could run. */
const SAFE_TYPE = /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+)$/
const LOCAL = 'local:'
const SECOND = '/2'

/** The blob id of a file that waits in the outbox under `id`; only this browser knows it. */
export function localBlob(id: string): string {
  return LOCAL + id
}

/** Of the file that goes with it: a poster, an original. */
export function secondBlob(id: string): string {
  return `${LOCAL}${id}${SECOND}`
}

export interface FilesOptions {
  call: Call
  store: Store
  blobs: Blobs
  /** Hands a finished download to the person. */
  saveBlob(data: Blob, name: string): void
}

export class FilesModel implements FilesApi {
  readonly #options: FilesOptions
  /** Downloads under way, so that a picture shown twice is fetched once. */
  readonly #fetching = new Map<string, Promise<Blob>>()

  constructor(options: FilesOptions) {
    this.#options = options
  }

  async url(blob: string, mediaType = ''): Promise<string> {
    const data = await this.#find(blob)
    const type = SAFE_TYPE.test(mediaType) ? mediaType : 'application/octet-stream'
    return URL.createObjectURL(data.slice(0, data.size, type))
  }

  async upload(file: Blob, onProgress?: (doneBytes: number) => void): Promise<string> {
    return (await this.store(file, { onProgress })).blob
  }

  async save(
    blob: string,
    name: string,
    mediaType: string,
    onProgress?: (doneBytes: number) => void,
  ): Promise<void> {
    const data = await this.#find(blob, onProgress)
    this.#options.saveBlob(data.slice(0, data.size, mediaType), name)
  }

  /** Uploads, and keeps a copy here: what one sends one looks at. */
  async store(file: Blob, options: UploadOptions = {}): Promise<Stored> {
    const stored = await upload(this.#options.call, file, options)
    await this.#options.blobs.put(stored.blob, file)
    return stored
  }

  async #find(blob: string, onProgress?: (doneBytes: number) => void): Promise<Blob> {
    if (blob.startsWith(LOCAL)) return this.#waiting(blob.slice(LOCAL.length))
    const kept = await this.#options.blobs.get(blob).catch(() => null)
    if (kept !== null) return kept
    const known = this.#fetching.get(blob)
    if (known !== undefined) return known
    const fetching = this.#download(blob, onProgress).finally(() => this.#fetching.delete(blob))
    this.#fetching.set(blob, fetching)
    return fetching
  }

  #waiting(id: string): Blob {
    const [record = ''] = id.split(SECOND)
    const content = this.#options.store.state.outbox.get(record)?.content
    const file = content?.kind === 'upload' ? (id === record ? content.file : content.second) : null
    if (file) return file
    throw new RpcError('not_found', 'This file is not here any more.', 'no_such_blob')
  }

  async #download(blob: string, onProgress?: (doneBytes: number) => void): Promise<Blob> {
    const first = await this.#read(blob, 0)
    if (first.sizeBytes > DOWNLOAD_BYTES_MAX)
      throw new RpcError('resource_exhausted', 'This file is too large for this browser.', 'too_large')
    const parts: Blob[] = [new Blob([first.data])]
    let done = first.data.length
    let next = first.data.length
    onProgress?.(done)
    const lane = async (): Promise<void> => {
      while (next < first.sizeBytes) {
        const offset = next
        next += CHUNK_BYTES
        const expected = Math.min(CHUNK_BYTES, first.sizeBytes - offset)
        const { data } = await this.#read(blob, offset)
        if (data.length !== expected) throw damaged()
        parts[1 + (offset - first.data.length) / CHUNK_BYTES] = new Blob([data])
        done += data.length
        onProgress?.(done)
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, lane))
    const whole = new Blob(parts)
    await verify(parts, blob)
    await this.#options.blobs.put(blob, whole)
    return whole
  }

  async #read(blob: string, offset: number): Promise<{ data: Uint8Array<ArrayBuffer>; sizeBytes: number }> {
    const request = { blob, offset: BigInt(offset), length: CHUNK_BYTES }
    const { data, sizeBytes } = await this.#options.call(Rpc.method.read, request)
    return { data: new Uint8Array(data), sizeBytes: Number(sizeBytes) }
  }
}

/** A blob's id is the SHA-256 of its bytes. */
async function verify(parts: readonly Blob[], blob: string): Promise<void> {
  const hash = sha256.create()
  try {
    for (const part of parts) hash.update(new Uint8Array(await part.arrayBuffer()))
  } catch (error) {
    throw toRpcError(error)
  }
  if (toHex(hash.digest()) !== blob) throw damaged()
}

function damaged(): RpcError {
  return new RpcError('internal', 'This file arrived damaged.', 'damaged')
}
