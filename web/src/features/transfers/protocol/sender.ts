/**
 * The sending side, without I/O: which chunk to read next, and what to say on which channel. The shell
 * attaches channels as they open, reads the chunks `nextRead` names, and asks `poll` for messages as long
 * as a channel has room. The same as `hutong/protocols/transfer/sender.py`.
 */
import { create } from '@bufbuild/protobuf'
import {
  LeavesSchema,
  ManifestPartSchema,
  PieceSchema,
  StopSchema,
  type ChannelMessage,
  type Have,
  type Hello,
  StopReason,
} from '../../../schema/transfers_pb'
import { ChunkSet, numbersOf } from './chunks'
import { RulesError, StoppedError } from './errors'
import type { Manifest } from './manifest'
import { RateLimit } from './rate'
import { LeafTable } from './tree'

export type Kind = ChannelMessage['kind']

export const VERSION = 2
export const CHANNELS_MAX = 8
export const PIECE_BYTES_MAX = 16 * 1024
/** Of credit, so that a flood of tiny files has a bound too (XFER9). */
const PIECE_COST_BYTES_MIN = 1024
/** Chunks read, or being read, and not yet on their way: so many, or so many bytes and one more. */
const AHEAD_MAX = 64
const AHEAD_BYTES_MAX = 4 * 1024 * 1024
const LEAVES_PER_MESSAGE = 400
export const COMPARES_MAX = 2

interface Loaded {
  chunk: number
  data: Uint8Array<ArrayBuffer>
}

interface Channel {
  readonly rank: number
  /** What it said since the last whole Have. */
  told: ChunkSet
  heard: boolean
  /** It has said what it has, and nothing is in doubt since. */
  synced: boolean
  creditBytes: number
  carriedBytes: number
  readonly toSay: Kind[]
  /** Under way, and how much of it has gone. */
  current: Loaded | null
  offset: number
  readonly carrying: Set<number>
}

/** What a piece takes of a channel's credit. */
export function costBytes(sizeBytes: number): number {
  return Math.max(sizeBytes, PIECE_COST_BYTES_MIN)
}

/** Hands one manifest over. `done` and `stopped` tell how it ended. */
export class Sender {
  readonly manifest: Manifest
  done = false
  stopped: StoppedError | null = null
  keptBytes = 0
  /** Put on channels, again or not. */
  sentBytes = 0
  readonly #rate: RateLimit
  readonly #leaves: LeafTable
  readonly #channels = new Map<number, Channel>()
  readonly #reading = new Set<number>()
  readonly #ready: Loaded[] = []
  #kept: ChunkSet
  /** Kept, being read, ready or carried. */
  #taken: ChunkSet
  #cursor = 0
  #hashCursor = 0
  #aheadBytes = 0
  #doubtful = new Set<number>()
  #rootSaidTo = -1
  #compares = 0
  #sayingLeaves = -1

  constructor(manifest: Manifest, bytesPerS: number | null = null) {
    this.manifest = manifest
    this.#rate = new RateLimit(bytesPerS)
    this.#leaves = new LeafTable(manifest.chunks)
    this.#kept = new ChunkSet(manifest.chunks)
    this.#taken = new ChunkSet(manifest.chunks)
  }

  // ---- channels ----

  /** A channel has opened. New chunks go over those of the highest rank. Throws `RulesError`. */
  attach(channel: number, rank = 0): void {
    if (this.#channels.size >= CHANNELS_MAX) throw new RulesError('too many channels')
    this.#channels.set(channel, {
      rank,
      told: new ChunkSet(this.manifest.chunks),
      heard: false,
      synced: false,
      creditBytes: 0,
      carriedBytes: 0,
      toSay: [],
      current: null,
      offset: 0,
      carrying: new Set(),
    })
  }

  /** A channel is gone; what it carried may have arrived or not. */
  detach(channel: number): void {
    const gone = this.#channels.get(channel)
    if (gone === undefined) return
    this.#channels.delete(channel)
    for (const chunk of gone.carrying) this.#doubtful.add(chunk)
    if (this.#rootSaidTo === channel) this.#rootSaidTo = -1
    const left = [...this.#channels.values()].find(({ synced }) => synced)
    if (left === undefined || this.#doubtful.size === 0) return
    left.synced = false
    left.toSay.push({ case: 'ask', value: true })
  }

  /** Takes a message. Throws `RulesError`: the channel is to be closed. */
  receive(channel: number, message: Kind): void {
    const state = this.#channels.get(channel)
    if (state === undefined || this.done || this.stopped !== null) return
    if (!state.heard && message.case !== 'hello' && message.case !== 'stop')
      throw new RulesError('the receiver does not say hello')
    if (message.case === 'hello') this.#hello(state, message.value)
    else if (message.case === 'have') this.#have(state, message.value)
    else if (message.case === 'creditBytes')
      state.creditBytes = Math.max(state.creditBytes, Number(message.value))
    else if (message.case === 'compare' && this.#rootSaidTo === channel) this.#compare()
    else if (message.case === 'placed') this.done = true
    else if (message.case === 'stop') this.stopped = new StoppedError(message.value.reason, false)
    else throw new RulesError('unexpected message of the receiver')
  }

  /** Gives up and tells the other side. */
  stop(reason: StopReason): void {
    if (this.done || this.stopped !== null) return
    this.stopped = new StoppedError(reason, true)
    for (const { toSay } of this.#channels.values())
      toSay.splice(0, toSay.length, { case: 'stop', value: create(StopSchema, { reason }) })
  }

  // ---- chunks ----

  /** A chunk to read now, or null: `loaded` brings it. */
  nextRead(): number | null {
    if (this.done || this.stopped !== null) return null
    const few = this.#ready.length + this.#reading.size < AHEAD_MAX
    if (this.#synced().length > 0 && few && this.#aheadBytes <= AHEAD_BYTES_MAX) {
      this.#cursor = this.#taken.missingFrom(this.#cursor)
      if (this.#cursor < this.manifest.chunks) {
        this.#taken.add(this.#cursor)
        return this.#read(this.#cursor)
      }
    }
    if (this.#reading.size > 0) return null
    // What the receiver has from before counts for the root.
    for (; this.#hashCursor < this.manifest.chunks; this.#hashCursor++) {
      if (!this.#kept.has(this.#hashCursor)) return null
      if (!this.#leaves.has(this.#hashCursor)) return this.#read(this.#hashCursor++)
    }
    return null
  }

  /** A chunk was read, and this is its hash. */
  loaded(chunk: number, data: Uint8Array<ArrayBuffer>, leaf: Uint8Array): void {
    this.#reading.delete(chunk)
    this.#leaves.set(chunk, leaf)
    if (this.#kept.has(chunk)) this.#aheadBytes -= data.length
    else this.#ready.push({ chunk, data })
  }

  /** The next message for a channel that has room; null when there is none now. */
  poll(channel: number, nowMs: number): Kind | null {
    const state = this.#channels.get(channel)
    if (state === undefined) return null
    const said = state.toSay.shift()
    if (said !== undefined) return said
    if (this.done || this.stopped !== null || !state.synced) return null
    if (this.#sayingLeaves >= 0 && this.#rootSaidTo === channel) return this.#sayLeaves()
    const current = state.current ?? this.#nextChunk(state)
    if (current === null) return this.#sayRoot(channel)
    return this.#rate.waitMs(nowMs) > 0 ? null : this.#piece(state, current, nowMs)
  }

  /** How long the rate limit holds everything back. */
  waitMs(nowMs: number): number {
    return this.#rate.waitMs(nowMs)
  }

  // ---- steps ----

  #hello(state: Channel, { version, manifest }: Hello): void {
    if (state.heard) throw new RulesError('the receiver says hello twice')
    if (version !== VERSION) {
      this.stop(StopReason.STOP_VERSION)
      return
    }
    state.heard = true
    const { digest } = this.manifest
    const known = manifest.length === digest.length && manifest.every((byte, index) => byte === digest[index])
    const parts = known ? [create(ManifestPartSchema, { known, last: true })] : this.manifest.parts()
    for (const value of parts) state.toSay.push({ case: 'manifest', value })
  }

  #have(state: Channel, { runs, whole }: Have): void {
    for (const chunk of numbersOf(runs, this.manifest.chunks)) {
      this.#keep(chunk)
      state.told.add(chunk)
    }
    if (!whole) return
    if (this.#synced().length === 0)
      // Nobody was there in between, so a receiver that lost something has said so now.
      for (const chunk of this.#kept) if (!state.told.has(chunk)) this.#lose(chunk)
    state.told = new ChunkSet(this.manifest.chunks)
    state.synced = true
    // Whatever a lost channel carried and the receiver does not have, is to be sent again.
    const doubtful = this.#doubtful
    this.#doubtful = new Set()
    for (const chunk of doubtful) if (!this.#kept.has(chunk)) this.#return(chunk)
  }

  #synced(): Channel[] {
    return [...this.#channels.values()].filter(({ synced }) => synced)
  }

  #read(chunk: number): number {
    this.#reading.add(chunk)
    this.#aheadBytes += this.manifest.span(chunk).sizeBytes
    return chunk
  }

  #keep(chunk: number): void {
    if (this.#kept.add(chunk)) this.keptBytes += this.manifest.span(chunk).sizeBytes
    this.#taken.add(chunk)
    for (const { carrying } of this.#channels.values()) carrying.delete(chunk)
  }

  #lose(chunk: number): void {
    this.#kept.delete(chunk)
    this.keptBytes -= this.manifest.span(chunk).sizeBytes
    this.#return(chunk)
  }

  #return(chunk: number): void {
    this.#taken.delete(chunk)
    this.#cursor = Math.min(this.#cursor, chunk)
  }

  #nextChunk(state: Channel): Loaded | null {
    const best = Math.max(...this.#synced().map(({ rank }) => rank))
    if (state.rank < best || state.creditBytes <= state.carriedBytes) return null
    for (;;) {
      const next = this.#ready.shift()
      if (next === undefined) return null
      this.#aheadBytes -= next.data.length
      if (this.#kept.has(next.chunk)) continue
      state.current = next
      state.offset = 0
      state.carrying.add(next.chunk)
      return next
    }
  }

  #piece(state: Channel, { chunk, data }: Loaded, nowMs: number): Kind | null {
    const { offset } = state
    const part = data.subarray(offset, offset + PIECE_BYTES_MAX)
    if (state.creditBytes - state.carriedBytes < costBytes(part.length)) return null
    const value = create(PieceSchema, { chunk, offset, data: part })
    state.offset += part.length
    state.carriedBytes += costBytes(part.length)
    this.sentBytes += part.length
    this.#rate.spend(part.length, nowMs)
    if (state.offset === data.length) {
      value.leaf = this.#leaves.get(chunk)
      state.current = null
    }
    return { case: 'piece', value }
  }

  #sayRoot(channel: number): Kind | null {
    if (!this.#kept.full || this.#rootSaidTo >= 0 || !this.#leaves.full) return null
    this.#rootSaidTo = channel
    return { case: 'root', value: this.#leaves.root(this.manifest.digest) }
  }

  #compare(): void {
    this.#compares += 1
    if (this.#compares > COMPARES_MAX) throw new RulesError('the receiver compares without end')
    this.#sayingLeaves = 0
  }

  #sayLeaves(): Kind {
    const first = this.#sayingLeaves
    const last = Math.min(first + LEAVES_PER_MESSAGE, this.manifest.chunks)
    this.#sayingLeaves = last
    if (last === this.manifest.chunks) {
      // The receiver drops what differs, and says what it has.
      this.#sayingLeaves = -1
      this.#rootSaidTo = -1
      this.#forgetKept()
    }
    const leaves = this.#leaves.pages(first, last - first)
    return { case: 'leaves', value: create(LeavesSchema, { first, leaves }) }
  }

  #forgetKept(): void {
    this.#kept = new ChunkSet(this.manifest.chunks)
    this.#taken = new ChunkSet(this.manifest.chunks)
    this.keptBytes = 0
    this.#cursor = 0
    for (const each of this.#channels.values()) each.synced = false
  }
}
