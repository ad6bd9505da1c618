/** Stores a file on the server, continuing where an earlier attempt ended. */
import { sha256 } from '@noble/hashes/sha2.js'
import { RpcError } from '../link/errors'
import { Files } from '../schema/files_pb'
import type { Call } from './feature'

export const CHUNK_BYTES = 256 * 1024
const IN_FLIGHT_MAX = 4
const HASH_STEP_BYTES = 1024 * 1024
/** Rounds without any progress, and uploads the server forgot, before giving up. */
const FRUITLESS_MAX = 5

export interface Stored {
  blob: string
  /** Of a picture; '' and 0 for everything else. */
  thumbnail: string
  width: number
  height: number
  mediaType: string
}

export interface UploadOptions {
  onProgress?: ((doneBytes: number) => void) | undefined
  signal?: AbortSignal | undefined
}

/** The SHA-256 of a file that need not fit into memory. */
export async function hashOf(file: Blob): Promise<Uint8Array> {
  const hash = sha256.create()
  for (let offset = 0; offset < file.size; offset += HASH_STEP_BYTES)
    hash.update(await bytesOf(file, offset, HASH_STEP_BYTES))
  return hash.digest()
}

/** Rejects with `RpcError`: what the server refuses, or 'unreadable' when the file changed or is gone. */
export async function upload(call: Call, file: Blob, options: UploadOptions = {}): Promise<Stored> {
  const digest = await hashOf(file)
  for (let attempt = 1; ; attempt++) {
    try {
      return await uploadOnce(call, file, digest, options)
    } catch (error) {
      const forgotten = error instanceof RpcError && error.code === 'not_found'
      if (!forgotten || attempt >= FRUITLESS_MAX) throw error
    }
  }
}

async function uploadOnce(
  call: Call,
  file: Blob,
  digest: Uint8Array,
  { onProgress, signal }: UploadOptions,
): Promise<Stored> {
  const patience = { deadlineMs: Infinity, ...(signal === undefined ? {} : { signal }) }
  const mediaType = file.type || 'application/octet-stream'
  const sizeBytes = BigInt(file.size)
  const begun = await call(Files.method.begin, { sizeBytes, sha256: digest, mediaType }, patience)
  const write = async (offset: number): Promise<Written> => {
    const data = await bytesOf(file, offset, CHUNK_BYTES)
    const end = offset + data.length
    try {
      const request = { upload: begun.upload, offset: BigInt(offset), data }
      return { end, offset: Number((await call(Files.method.write, request, patience)).offset) }
    } catch (error) {
      return { end, offset: continueAt(error) }
    }
  }
  // The server has the blob already when it names no upload; `Finish` then only says what it is.
  if (begun.upload !== '') await writeAll(write, file.size, Number(begun.offset), onProgress)
  onProgress?.(file.size)
  const finish = { upload: begun.upload || begun.blob }
  const { blob, thumbnail, width, height, ...rest } = await call(Files.method.finish, finish, patience)
  return { blob, thumbnail, width, height, mediaType: rest.mediaType || mediaType }
}

interface Written {
  /** Where this chunk ends. */
  end: number
  /** What the server holds. */
  offset: number
}

/** A chunk that came before the one it follows: the server says where to go on. Other errors are thrown. */
function continueAt(error: unknown): number {
  const held = error instanceof RpcError ? /^continue_at:(\d+)$/.exec(error.reason)?.[1] : undefined
  if (held === undefined) throw error
  return Number(held)
}

/** Several chunks under way; when the server did not take one, goes on from where the server is. */
async function writeAll(
  write: (offset: number) => Promise<Written>,
  size: number,
  begin: number,
  onProgress: ((doneBytes: number) => void) | undefined,
): Promise<void> {
  let done = begin
  for (let fruitless = 0; done < size && fruitless < FRUITLESS_MAX; fruitless++) {
    const before = done
    let next = done
    let refused = false
    const lane = async (): Promise<void> => {
      while (next < size && !refused) {
        const offset = next
        next += CHUNK_BYTES
        const reply = await write(offset)
        done = Math.max(done, Math.min(reply.offset, size))
        if (reply.offset < reply.end) refused = true
        onProgress?.(done)
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, lane))
    if (done > before) fruitless = 0
  }
  if (done < size) throw new RpcError('internal', 'The server does not take this file.', 'upload_stuck')
}

async function bytesOf(file: Blob, offset: number, length: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer())
  } catch {
    throw new RpcError('failed_precondition', 'This file cannot be read any more.', 'unreadable')
  }
}
