/** Both sides in memory: channels that deliver what a test lets through, and a disk that outlives them. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { ChannelMessageSchema } from '../../../../schema/transfers_pb'
import { RulesError } from '../errors'
import { beginJournal, droppedRecord, keptRecord, readJournal } from '../journal'
import { Manifest } from '../manifest'
import { Receiver, type Effect } from '../receiver'
import { Sender, type Kind } from '../sender'
import { equal } from '../tree'

export const CHUNK_BYTES = 64 * 1024
const MESSAGE_BYTES_MAX = 16 * 1024 + 64

/** What the receiver has written: bytes by chunk, and the journal. */
export class Disk {
  readonly chunks = new Map<number, Uint8Array<ArrayBuffer>>()
  journal = new Uint8Array(0)
  placed: Uint8Array | null = null

  append(record: Uint8Array): void {
    const grown = new Uint8Array(this.journal.length + record.length)
    grown.set(this.journal)
    grown.set(record, this.journal.length)
    this.journal = grown
  }

  /** Comes back after a restart: only what is as the journal says counts. */
  receiver(): Receiver {
    const { manifest, kept, sizeBytes } = readJournal(this.journal)
    this.journal = this.journal.slice(0, sizeBytes)
    const sound = [...kept].filter(([chunk, leaf]) =>
      equal(sha256(this.chunks.get(chunk) ?? new Uint8Array(0)), leaf),
    )
    return new Receiver(manifest, new Map(sound))
  }
}

interface Link {
  down: Uint8Array[]
  up: Uint8Array[]
}

function wire(kind: Kind): Uint8Array {
  const bytes = toBinary(ChannelMessageSchema, create(ChannelMessageSchema, { kind }))
  if (bytes.length > MESSAGE_BYTES_MAX) throw new Error('a message is too long')
  return bytes
}

/** A sender with its files, a receiver with its disk. */
export class Sides {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>
  readonly manifest: Manifest
  readonly disk = new Disk()
  readonly links = new Map<number, Link>()
  readonly bytesPerS: number | null
  sender: Sender
  receiver: Receiver
  effects: Effect[] = []
  nowMs = 0
  #receivedBytes = 0
  #next = 0

  constructor(files: Record<string, Uint8Array<ArrayBuffer>>, bytesPerS: number | null = null) {
    this.files = new Map(Object.entries(files))
    const entries = [...this.files].map(([path, { length: sizeBytes }]) => ({
      path,
      sizeBytes,
      folder: false,
      executable: false,
    }))
    this.manifest = new Manifest(entries, CHUNK_BYTES)
    this.bytesPerS = bytesPerS
    this.sender = new Sender(this.manifest, bytesPerS)
    this.receiver = this.disk.receiver()
  }

  connect(rank = 0, windowBytes = 1024 * 1024): number {
    const channel = this.#next++
    this.links.set(channel, { down: [], up: [] })
    this.sender.attach(channel, rank)
    this.receiver.attach(channel, windowBytes)
    return channel
  }

  /** Loses a channel with all that is on it. */
  cut(channel: number): void {
    this.links.delete(channel)
    this.sender.detach(channel)
    this.receiver.detach(channel)
  }

  restartReceiver(): void {
    for (const channel of [...this.links.keys()]) this.cut(channel)
    this.#receivedBytes += this.receiver.receivedBytes
    this.effects = []
    this.receiver = this.disk.receiver()
  }

  restartSender(): void {
    for (const channel of [...this.links.keys()]) this.cut(channel)
    this.sender = new Sender(this.manifest, this.bytesPerS)
  }

  /** All pieces that ever arrived. */
  get arrivedBytes(): number {
    return this.#receivedBytes + this.receiver.receivedBytes
  }

  get done(): boolean {
    return this.sender.done && this.receiver.done
  }

  chunk(chunk: number): Uint8Array<ArrayBuffer> {
    const { entry, offset, sizeBytes } = this.manifest.span(chunk)
    const data = this.files.get(this.manifest.entries[entry]?.path ?? '') ?? new Uint8Array(0)
    return data.slice(offset, offset + sizeBytes)
  }

  /** The files as they are on the receiver's disk. */
  result(): Map<string, Uint8Array> {
    const found = new Map<string, number[]>(this.manifest.entries.map(({ path }) => [path, []]))
    for (let chunk = 0; chunk < this.manifest.chunks; chunk++) {
      const path = this.manifest.entries[this.manifest.span(chunk).entry]?.path ?? ''
      for (const byte of this.disk.chunks.get(chunk) ?? []) found.get(path)?.push(byte)
    }
    return new Map([...found].map(([path, bytes]) => [path, Uint8Array.from(bytes)]))
  }

  // ---- steps; each tells whether something happened ----

  read(): boolean {
    const chunk = this.sender.nextRead()
    if (chunk === null) return false
    const data = this.chunk(chunk)
    this.sender.loaded(chunk, data, sha256(data))
    return true
  }

  send(channel: number): boolean {
    const message = this.sender.poll(channel, this.nowMs)
    if (message === null) return false
    this.links.get(channel)?.down.push(wire(message))
    return true
  }

  answer(channel: number): boolean {
    const message = this.receiver.poll(channel)
    if (message === null) return false
    this.links.get(channel)?.up.push(wire(message))
    return true
  }

  deliver(channel: number, way: 'down' | 'up'): boolean {
    const bytes = this.links.get(channel)?.[way].shift()
    if (bytes === undefined) return false
    const { kind } = fromBinary(ChannelMessageSchema, bytes)
    try {
      if (way === 'up') this.sender.receive(channel, kind)
      else this.effects.push(...this.receiver.receive(channel, kind))
    } catch (error) {
      if (!(error instanceof RulesError)) throw error
      this.cut(channel)
    }
    return true
  }

  write(): boolean {
    const effect = this.effects.shift()
    if (effect === undefined) return false
    if (effect.do === 'open') {
      this.disk.journal = beginJournal(effect.manifest)
      this.disk.chunks.clear()
      this.receiver.opened(effect.manifest)
    } else if (effect.do === 'write') this.#write(effect)
    else if (effect.do === 'drop') this.disk.append(droppedRecord(effect.chunk))
    else {
      this.disk.placed = effect.root
      this.receiver.placed()
    }
    return true
  }

  #write({ channel, chunk, data, leaf }: Effect & { do: 'write' }): void {
    if (!equal(sha256(data), leaf)) {
      this.receiver.damaged(chunk)
      this.cut(channel)
      return
    }
    this.disk.chunks.set(chunk, data)
    this.disk.append(keptRecord(chunk, leaf))
    this.receiver.written(channel, chunk, leaf)
  }

  /** Everything that can happen, once. */
  step(): boolean {
    let happened = this.read()
    for (const channel of [...this.links.keys()]) {
      for (const act of [
        () => this.send(channel),
        () => this.deliver(channel, 'down'),
        () => this.answer(channel),
        () => this.deliver(channel, 'up'),
      ])
        happened = (this.links.has(channel) && act()) || happened
    }
    return this.write() || happened
  }

  /** Until nothing happens any more. */
  run(stepsMax = 100_000): void {
    for (let step = 0; step < stepsMax; step++) if (!this.step()) return
    throw new Error('it does not end')
  }
}
