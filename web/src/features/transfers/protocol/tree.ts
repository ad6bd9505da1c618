/** The SHA-256 tree: leaves are chunks, the root covers them and the manifest (XFER5, XFER6). */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { ChunkSet } from './chunks'

export const LEAF_BYTES = 32
const TAG = 'hutong transfer 2\n'

/** The hash of everything, from the leaves of all chunks in order. */
export function rootOf(manifestDigest: Uint8Array, leaves: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash = sha256.create().update(utf8ToBytes(TAG)).update(manifestDigest).update(leaves)
  return new Uint8Array(hash.digest())
}

/** The leaves of a manifest's chunks, as far as they are known. 32 bytes a chunk. */
export class LeafTable {
  readonly #leaves: Uint8Array<ArrayBuffer>
  readonly #known: ChunkSet

  constructor(chunks: number) {
    this.#leaves = new Uint8Array(chunks * LEAF_BYTES)
    this.#known = new ChunkSet(chunks)
  }

  get full(): boolean {
    return this.#known.full
  }

  has(chunk: number): boolean {
    return this.#known.has(chunk)
  }

  get(chunk: number): Uint8Array<ArrayBuffer> {
    return this.pages(chunk, 1)
  }

  set(chunk: number, leaf: Uint8Array): void {
    this.#leaves.set(leaf.subarray(0, LEAF_BYTES), chunk * LEAF_BYTES)
    this.#known.add(chunk)
  }

  /** Some that follow each other. */
  pages(first: number, count: number): Uint8Array<ArrayBuffer> {
    return this.#leaves.slice(first * LEAF_BYTES, (first + count) * LEAF_BYTES)
  }

  /** The hash of everything; all leaves have to be known. */
  root(manifestDigest: Uint8Array): Uint8Array<ArrayBuffer> {
    return rootOf(manifestDigest, this.#leaves)
  }
}

export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
