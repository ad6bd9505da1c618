/** Sets of chunk numbers, and the runs that tell them. */
import { create } from '@bufbuild/protobuf'
import { RunSchema, type Run } from '../../../schema/transfers_pb'
import { RulesError } from './errors'

/** In one message; a run takes at most eleven bytes. */
export const RUNS_MAX = 1_000

/** Some of the chunks 0 to `chunks` - 1. A bit each. */
export class ChunkSet implements Iterable<number> {
  readonly #chunks: number
  readonly #bits: Uint8Array
  #size = 0

  constructor(chunks: number) {
    this.#chunks = chunks
    this.#bits = new Uint8Array(Math.ceil(chunks / 8))
  }

  get size(): number {
    return this.#size
  }

  /** Every chunk is in it. */
  get full(): boolean {
    return this.#size === this.#chunks
  }

  has(chunk: number): boolean {
    return ((this.#bits[chunk >> 3] ?? 0) & (1 << (chunk & 7))) !== 0
  }

  /** Puts one in; tells whether it is new. */
  add(chunk: number): boolean {
    if (this.has(chunk)) return false
    this.#bits[chunk >> 3] = (this.#bits[chunk >> 3] ?? 0) | (1 << (chunk & 7))
    this.#size += 1
    return true
  }

  /** Takes one out; tells whether it was in. */
  delete(chunk: number): boolean {
    if (!this.has(chunk)) return false
    this.#bits[chunk >> 3] = (this.#bits[chunk >> 3] ?? 0) & ~(1 << (chunk & 7))
    this.#size -= 1
    return true
  }

  /** The first chunk at or after a number that is not in it; the number of chunks if there is none. */
  missingFrom(chunk: number): number {
    let at = chunk
    while (at < this.#chunks) {
      if ((at & 7) === 0 && this.#bits[at >> 3] === 0xff) at += 8
      else if (this.has(at)) at += 1
      else return at
    }
    return this.#chunks
  }

  *[Symbol.iterator](): Generator<number> {
    for (const [place, byte] of this.#bits.entries())
      for (let bit = 0; byte >> bit !== 0; bit++) if (byte & (1 << bit)) yield place * 8 + bit
  }
}

/** Numbers, which have to rise, as runs. */
export function runsOf(chunks: Iterable<number>): Run[] {
  const runs: Run[] = []
  for (const chunk of chunks) {
    const last = runs.at(-1)
    if (last !== undefined && last.first + last.count === chunk) last.count += 1
    else runs.push(create(RunSchema, { first: chunk, count: 1 }))
  }
  return runs
}

/** The numbers runs tell. Throws `RulesError` for some that do not exist. */
export function* numbersOf(runs: Iterable<Run>, chunks: number): Generator<number> {
  for (const { first, count } of runs) {
    if (first + count > chunks) throw new RulesError('there is no such chunk')
    for (let chunk = first; chunk < first + count; chunk++) yield chunk
  }
}
