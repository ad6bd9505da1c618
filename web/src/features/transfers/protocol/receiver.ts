/**
 * The receiving side, without I/O: what to write down, and what to say on which channel. `receive` returns
 * what the shell has to do; it does it in that order and says so (`opened`, `written` or `damaged`,
 * `placed`). Nothing is acknowledged before it was written, and a channel gets credit only for that.
 *
 * The same as `hutong/protocols/transfer/receiver.py`, but for one thing: browsers hash beside the page,
 * so whether a chunk is what its leaf says is found out by the shell, before it writes.
 */
import { create } from '@bufbuild/protobuf'
import {
  HaveSchema,
  HelloSchema,
  StopReason,
  StopSchema,
  type Leaves,
  type ManifestPart,
  type Piece,
} from '../../../schema/transfers_pb'
import { ChunkSet, RUNS_MAX, runsOf } from './chunks'
import { RulesError, StoppedError } from './errors'
import { ManifestReader, type Manifest } from './manifest'
import { CHANNELS_MAX, COMPARES_MAX, costBytes, PIECE_BYTES_MAX, VERSION, type Kind } from './sender'
import { equal, LEAF_BYTES, LeafTable } from './tree'

/** On its way over a channel, or not yet written down. */
export const WINDOW_BYTES = 4 * 1024 * 1024

/** By chunk number. */
export type Leafs = ReadonlyMap<number, Uint8Array>

export type Effect =
  /** A manifest has arrived: look at it, make room, begin its journal, and call `opened` or `stop`. */
  | { do: 'open'; manifest: Manifest }
  /** If it is what its leaf says, write it and its record, and call `written`; else `damaged`. */
  | { do: 'write'; channel: number; chunk: number; data: Uint8Array<ArrayBuffer>; leaf: Uint8Array }
  /** What is written of this chunk is another: write that down. */
  | { do: 'drop'; chunk: number }
  /** Everything is here and right: put it into its place, then call `placed`. */
  | { do: 'place'; root: Uint8Array<ArrayBuffer> }

interface Channel {
  windowBytes: number
  readonly toSay: Kind[]
  arrivedBytes: number
  /** Written, or thrown away. */
  settledBytes: number
  creditBytes: number
  chunk: number
  data: Uint8Array<ArrayBuffer>
  filledBytes: number
  chunkCostBytes: number
  readonly reader: ManifestReader
  /** Its manifest has arrived. */
  read: boolean
  /** And the sender hears what we have. */
  told: boolean
  asked: boolean
  /** Chunks that were being written when it asked. */
  waitsFor: Set<number>
  /** Chunks written since. */
  unsaid: number[]
}

const NOTHING = new Uint8Array(0)

/** Takes one manifest. `done` and `stopped` tell how it ended. */
export class Receiver {
  manifest: Manifest | null = null
  done = false
  stopped: StoppedError | null = null
  /** Arrived, again or not. */
  receivedBytes = 0
  keptBytes = 0
  #leaves = new LeafTable(0)
  #kept = new ChunkSet(0)
  /** By chunk: its cost. */
  readonly #writing = new Map<number, number>()
  readonly #channels = new Map<number, Channel>()
  #opening: Uint8Array = NOTHING
  #rooted = false
  #compares = 0
  #comparing = -1
  #compared = 0

  /** `manifest` and `leaves` are those of an earlier page: of chunks whose bytes were compared with them. */
  constructor(manifest: Manifest | null = null, leaves: Leafs = new Map()) {
    if (manifest !== null) this.#take(manifest, leaves)
  }

  // ---- channels ----

  /** A channel has opened. Throws `RulesError` when there are too many. */
  attach(channel: number, windowBytes = WINDOW_BYTES): void {
    if (this.#channels.size >= CHANNELS_MAX) throw new RulesError('too many channels')
    const manifest = this.manifest?.digest ?? NOTHING
    const toSay: Kind[] = [{ case: 'hello', value: create(HelloSchema, { version: VERSION, manifest }) }]
    if (this.done) toSay.push({ case: 'placed', value: true })
    this.#channels.set(channel, {
      windowBytes,
      toSay,
      arrivedBytes: 0,
      settledBytes: 0,
      creditBytes: 0,
      chunk: -1,
      data: NOTHING,
      filledBytes: 0,
      chunkCostBytes: 0,
      reader: new ManifestReader(),
      read: false,
      told: false,
      asked: false,
      waitsFor: new Set(),
      unsaid: [],
    })
  }

  /** A channel is gone, and with it the chunk it was in the middle of. */
  detach(channel: number): void {
    this.#channels.delete(channel)
    if (this.#comparing === channel) this.#comparing = -1
  }

  /** Takes a message; returns what is to be done. Throws `RulesError`: the channel is to be closed. */
  receive(channel: number, message: Kind): Effect[] {
    const state = this.#channels.get(channel)
    if (state === undefined || this.done || this.stopped !== null) return []
    if (message.case === 'manifest') return this.#manifest(state, message.value)
    if (message.case === 'piece' && state.told) return this.#piece(channel, state, message.value)
    if (message.case === 'root' && state.told) return this.#check(channel, state, message.value)
    if (message.case === 'leaves' && this.#comparing === channel) return this.#compare(message.value)
    if (message.case === 'ask' && state.told) this.#ask(state)
    else if (message.case === 'stop') this.stopped = new StoppedError(message.value.reason, false)
    // Pages cannot open the connections a door offers.
    else if (message.case !== 'door') throw new RulesError('unexpected message of the sender')
    return []
  }

  /** The next message for a channel; null when there is none now. */
  poll(channel: number): Kind | null {
    const state = this.#channels.get(channel)
    if (state === undefined) return null
    const said = state.toSay.shift()
    if (said !== undefined) return said
    if (state.unsaid.length === 0) return null
    const runs = runsOf(state.unsaid.splice(0, RUNS_MAX).sort((one, other) => one - other))
    return { case: 'have', value: create(HaveSchema, { runs }) }
  }

  // ---- what the shell has done ----

  /** There is room for it; `leaves` are those of chunks that are here already. */
  opened(manifest: Manifest, leaves: Leafs = new Map()): void {
    this.#opening = NOTHING
    this.#take(manifest, leaves)
    for (const state of this.#channels.values()) if (state.read) this.#tell(state)
  }

  /** A chunk and its record are where the end of this page does not lose them. */
  written(channel: number, chunk: number, leaf: Uint8Array): void {
    const cost = this.#writing.get(chunk) ?? 0
    this.#writing.delete(chunk)
    this.#leaves.set(chunk, leaf)
    if (this.#kept.add(chunk)) this.keptBytes += this.manifest?.span(chunk).sizeBytes ?? 0
    const carrier = this.#channels.get(channel)
    if (carrier !== undefined) {
      carrier.unsaid.push(chunk)
      this.#settle(carrier, cost)
    }
    for (const state of this.#channels.values()) {
      if (carrier === undefined && state.told) state.unsaid.push(chunk)
      this.#settled(state, chunk)
    }
  }

  /** A chunk was not what its leaf says: its channel is to be closed. */
  damaged(chunk: number): void {
    this.#writing.delete(chunk)
    for (const state of this.#channels.values()) this.#settled(state, chunk)
  }

  /** Everything is in its place. */
  placed(): void {
    this.done = true
    for (const { toSay } of this.#channels.values())
      toSay.splice(0, toSay.length, { case: 'placed', value: true })
  }

  /** Gives up and tells the other side; what was written stays. */
  stop(reason: StopReason): void {
    if (this.done || this.stopped !== null) return
    this.stopped = new StoppedError(reason, true)
    for (const { toSay } of this.#channels.values())
      toSay.splice(0, toSay.length, { case: 'stop', value: create(StopSchema, { reason }) })
  }

  // ---- steps ----

  #take(manifest: Manifest, leaves: Leafs): void {
    this.manifest = manifest
    this.#leaves = new LeafTable(manifest.chunks)
    this.#kept = new ChunkSet(manifest.chunks)
    this.keptBytes = 0
    for (const [chunk, leaf] of leaves) {
      this.#leaves.set(chunk, leaf)
      this.#kept.add(chunk)
      this.keptBytes += manifest.span(chunk).sizeBytes
    }
  }

  #manifest(state: Channel, part: ManifestPart): Effect[] {
    if (state.read) throw new RulesError('the manifest is known')
    const manifest = part.known ? this.manifest : state.reader.take(part)
    if (part.known && (manifest === null || !part.last)) throw new RulesError('no manifest is known')
    if (manifest === null) return []
    state.read = true
    if (this.#opening.length > 0) {
      if (!equal(manifest.digest, this.#opening)) throw new RulesError('two manifests at once')
      return []
    }
    if (this.manifest !== null && equal(manifest.digest, this.manifest.digest)) {
      this.#tell(state)
      return []
    }
    if (this.#writing.size > 0 || [...this.#channels.values()].some(({ told }) => told))
      throw new RulesError('another manifest than before')
    this.#opening = manifest.digest
    return [{ do: 'open', manifest }]
  }

  /** Says what we have, and gives the first credit. */
  #tell(state: Channel): void {
    state.told = true
    // A chunk is written as a whole, so less than two would stop the sender.
    state.windowBytes = Math.max(state.windowBytes, 2 * (this.manifest?.chunkBytes ?? 0))
    this.#ask(state)
    state.creditBytes = state.windowBytes
    state.toSay.push({ case: 'creditBytes', value: BigInt(state.creditBytes) })
  }

  /** Answers with all we have, once what has arrived so far is written. */
  #ask(state: Channel): void {
    state.asked = true
    state.waitsFor = new Set(this.#writing.keys())
    this.#answer(state)
  }

  #settled(state: Channel, chunk: number): void {
    state.waitsFor.delete(chunk)
    this.#answer(state)
  }

  #answer(state: Channel): void {
    if (!state.asked || state.waitsFor.size > 0) return
    state.asked = false
    state.unsaid = []
    const runs = runsOf(this.#kept)
    for (let at = 0; at === 0 || at < runs.length; at += RUNS_MAX) {
      const whole = at + RUNS_MAX >= runs.length
      const value = create(HaveSchema, { runs: runs.slice(at, at + RUNS_MAX), whole })
      state.toSay.push({ case: 'have', value })
    }
  }

  #piece(channel: number, state: Channel, piece: Piece): Effect[] {
    const { chunk, offset, data, leaf } = piece
    const manifest = this.manifest
    state.arrivedBytes += costBytes(data.length)
    this.receivedBytes += data.length
    if (manifest === null || chunk >= manifest.chunks || data.length === 0 || data.length > PIECE_BYTES_MAX)
      throw new RulesError('a piece of nothing, or too large')
    if (state.arrivedBytes > state.creditBytes) throw new RulesError('the sender does not wait for credit')
    if (offset !== state.filledBytes || (offset > 0 && chunk !== state.chunk))
      throw new RulesError('pieces do not follow each other')
    if (offset === 0) {
      state.chunk = chunk
      state.chunkCostBytes = 0
      state.data = new Uint8Array(manifest.span(chunk).sizeBytes)
    }
    state.chunkCostBytes += costBytes(data.length)
    const filled = offset + data.length
    if (filled > state.data.length || (filled === state.data.length) !== leaf.length > 0)
      throw new RulesError('a chunk has another size')
    state.data.set(data, offset)
    state.filledBytes = filled
    return leaf.length === 0 ? [] : this.#whole(channel, state, leaf)
  }

  #whole(channel: number, state: Channel, leaf: Uint8Array): Effect[] {
    const { chunk, data, chunkCostBytes } = state
    state.data = NOTHING
    state.filledBytes = 0
    if (leaf.length !== LEAF_BYTES) throw new RulesError('that is no leaf')
    if (this.#kept.has(chunk) || this.#writing.has(chunk)) {
      this.#settle(state, chunkCostBytes)
      return []
    }
    this.#writing.set(chunk, chunkCostBytes)
    return [{ do: 'write', channel, chunk, data, leaf }]
  }

  #settle(state: Channel, sizeBytes: number): void {
    state.settledBytes += sizeBytes
    const creditBytes = state.settledBytes + state.windowBytes
    if (creditBytes - state.creditBytes < Math.floor(state.windowBytes / 4)) return
    state.creditBytes = creditBytes
    state.toSay.push({ case: 'creditBytes', value: BigInt(creditBytes) })
  }

  #check(channel: number, state: Channel, said: Uint8Array): Effect[] {
    if (this.manifest === null || !this.#kept.full || this.#comparing >= 0)
      throw new RulesError('the sender is not done')
    const root = this.#leaves.root(this.manifest.digest)
    if (equal(root, said)) {
      const first = !this.#rooted
      this.#rooted = true
      return first ? [{ do: 'place', root }] : []
    }
    this.#compares += 1
    if (this.#compares > COMPARES_MAX) {
      this.stop(StopReason.STOP_DIFFERENT)
      return []
    }
    this.#comparing = channel
    this.#compared = 0
    state.toSay.push({ case: 'compare', value: true })
    return []
  }

  #compare({ first, leaves }: Leaves): Effect[] {
    const chunks = this.manifest?.chunks ?? 0
    const count = leaves.length / LEAF_BYTES
    if (!Number.isInteger(count) || first !== this.#compared || count === 0 || count > chunks - first)
      throw new RulesError('leaves do not follow each other')
    const dropped: Effect[] = []
    for (let at = 0; at < count; at++) {
      const chunk = first + at
      const leaf = leaves.subarray(at * LEAF_BYTES, (at + 1) * LEAF_BYTES)
      if (equal(this.#leaves.get(chunk), leaf)) continue
      dropped.push({ do: 'drop', chunk })
      this.#kept.delete(chunk)
      this.keptBytes -= this.manifest?.span(chunk).sizeBytes ?? 0
    }
    this.#compared += count
    if (this.#compared === chunks) {
      this.#comparing = -1
      for (const each of this.#channels.values()) if (each.told) this.#ask(each)
    }
    return dropped
  }
}
