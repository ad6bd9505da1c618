/** What is handed over: names and sizes, and how they are cut into chunks (XFER2-XFER6). */
import { create, toBinary } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { EntrySchema, ManifestPartSchema, type ManifestPart } from '../../../schema/transfers_pb'
import { ManifestError, RulesError } from './errors'
import { pathIsSound } from './names'

export const ENTRIES_MAX = 100_000
const CHUNK_BYTES_MIN = 64 * 1024
const CHUNK_BYTES_MAX = 16 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024
/** A bitmap of 256 KiB and a journal of 90 MB at the most. */
const CHUNKS_MAX = 2 ** 21
/** Chunks grow with the files so that there are no more than this. */
const CHUNKS_WANTED_MAX = 2 ** 20
/** Well below a data channel's message. */
const PART_BYTES_MAX = 12 * 1024
const TAG = 'hutong manifest 2\n'

/** A file, or an empty folder. */
export interface Entry {
  readonly path: string
  readonly sizeBytes: number
  readonly folder: boolean
  readonly executable: boolean
}

/** Where a chunk is: in which entry, from which byte, how many. */
export interface Span {
  entry: number
  offset: number
  sizeBytes: number
}

/** Checked when it is made: throws `ManifestError`. */
export class Manifest {
  readonly entries: readonly Entry[]
  readonly chunkBytes: number
  readonly digest: Uint8Array<ArrayBuffer>
  readonly sizeBytes: number
  readonly chunks: number
  /** By entry: the number of the chunk after its last. */
  readonly #ends: readonly number[]

  constructor(entries: readonly Entry[], chunkBytes: number) {
    check(entries, chunkBytes)
    let chunks = 0
    this.#ends = entries.map(({ sizeBytes }) => (chunks += Math.ceil(sizeBytes / chunkBytes)))
    if (chunks > CHUNKS_MAX)
      throw new ManifestError('These files are too many, or too large, for one transfer.')
    this.entries = entries
    this.chunkBytes = chunkBytes
    this.chunks = chunks
    this.sizeBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    this.digest = digestOf(entries, chunkBytes)
  }

  span(chunk: number): Span {
    let entry = 0
    for (let above = this.#ends.length - 1; entry < above;) {
      const middle = (entry + above) >> 1
      if ((this.#ends[middle] ?? 0) > chunk) above = middle
      else entry = middle + 1
    }
    const first = this.#ends[entry - 1] ?? 0
    const offset = (chunk - first) * this.chunkBytes
    const left = (this.entries[entry]?.sizeBytes ?? 0) - offset
    return { entry, offset, sizeBytes: Math.min(this.chunkBytes, left) }
  }

  /** The messages that tell it. */
  parts(): ManifestPart[] {
    let part = create(ManifestPartSchema, { chunkBytes: this.chunkBytes })
    const parts = [part]
    let sizeBytes = 0
    for (const entry of this.entries) {
      const told = create(EntrySchema, { ...entry, sizeBytes: BigInt(entry.sizeBytes) })
      const toldBytes = toBinary(EntrySchema, told).length + 4
      sizeBytes += toldBytes
      if (sizeBytes > PART_BYTES_MAX) {
        part = create(ManifestPartSchema, { number: parts.length })
        parts.push(part)
        sizeBytes = toldBytes
      }
      part.entries.push(told)
    }
    part.last = true
    return parts
  }
}

/** A manifest with chunks as small as their number allows. Throws `ManifestError`. */
export function makeManifest(entries: readonly Entry[]): Manifest {
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0)
  let chunkBytes = CHUNK_BYTES
  while (chunkBytes < CHUNK_BYTES_MAX && sizeBytes / chunkBytes > CHUNKS_WANTED_MAX) chunkBytes *= 2
  return new Manifest(entries, chunkBytes)
}

/** Puts the parts together again. */
export class ManifestReader {
  readonly #entries: Entry[] = []
  #chunkBytes = 0
  #next = 0

  /** Takes the next part; returns the manifest after the last. Throws `RulesError`. */
  take(part: ManifestPart): Manifest | null {
    if (part.number !== this.#next || this.#entries.length + part.entries.length > ENTRIES_MAX)
      throw new RulesError('the manifest’s parts do not follow each other, or are too many')
    this.#next += 1
    if (part.number === 0) this.#chunkBytes = part.chunkBytes
    for (const { path, sizeBytes, folder, executable } of part.entries)
      this.#entries.push({ path, sizeBytes: Number(sizeBytes), folder, executable })
    if (!part.last) return null
    try {
      return new Manifest(this.#entries, this.#chunkBytes)
    } catch (error) {
      throw new RulesError((error as Error).message)
    }
  }
}

function check(entries: readonly Entry[], chunkBytes: number): void {
  if (entries.length < 1 || entries.length > ENTRIES_MAX)
    throw new ManifestError(`A transfer has 1 to ${ENTRIES_MAX} files.`)
  const power = chunkBytes >= CHUNK_BYTES_MIN && chunkBytes <= CHUNK_BYTES_MAX
  if (!power || (chunkBytes & (chunkBytes - 1)) !== 0)
    throw new ManifestError('The chunks of this transfer have no size that is allowed.')
  const seen = new Set<string>()
  const folders = new Set<string>()
  let totalBytes = 0
  for (const { path, sizeBytes, folder, executable } of entries) {
    if (!pathIsSound(path)) throw new ManifestError('A file has a name that cannot be used elsewhere.')
    if (seen.has(path)) throw new ManifestError('Two files have the same name.')
    if (sizeBytes < 0 || (folder && (sizeBytes > 0 || executable)))
      throw new ManifestError('A folder has no size.')
    seen.add(path)
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (folders.has(path.slice(0, at))) break
      folders.add(path.slice(0, at))
    }
    totalBytes += sizeBytes
  }
  // What a number can count, which is what the rule is about.
  if (totalBytes > Number.MAX_SAFE_INTEGER)
    throw new ManifestError('These files are too large for one transfer.')
  for (const path of folders)
    if (seen.has(path)) throw new ManifestError('Something is a file and a folder at once.')
}

/** XFER4. */
function digestOf(entries: readonly Entry[], chunkBytes: number): Uint8Array<ArrayBuffer> {
  const hash = sha256.create().update(utf8ToBytes(TAG))
  const head = new DataView(new ArrayBuffer(13))
  head.setUint32(0, chunkBytes)
  hash.update(new Uint8Array(head.buffer, 0, 4))
  for (const { path, sizeBytes, folder, executable } of entries) {
    const name = utf8ToBytes(path)
    head.setUint32(0, name.length)
    head.setBigUint64(4, BigInt(sizeBytes))
    head.setUint8(12, Number(folder) | (Number(executable) << 1))
    hash.update(new Uint8Array(head.buffer)).update(name)
  }
  return new Uint8Array(hash.digest())
}
