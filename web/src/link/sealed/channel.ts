/**
 * A carrier with the sealed layer on it (docs/protocol/sealed.md): messages in, messages out, in order
 * within each class, although everything that is sealed or opened takes a promise.
 */
import { fromBinary } from '@bufbuild/protobuf'
import { Priority } from '../../schema/options_pb'
import { Refusal, RefusedSchema, type Refused } from '../../schema/sealed_pb'
import type { Bytes } from '../bytes'
import { CARRIER_MESSAGE_BYTES_MAX, LOW_WATER_BYTES, type Carrier, type OpenCarrier } from '../carrier'
import type { Channel, ChannelEnd, ChannelEvents } from '../channel'
import type { Clock } from '../clock'
import { SealedError } from './errors'
import { sha256 } from './hkdf'
import type { ServerIdentity } from './identity'
import { mainKeys } from './keys'
import { ManifestError } from './manifest'
import { askForManifest, createOpening, type Opening } from './opening'
import { fragmentsOf, SendQueue } from './queue'
import { Reassembly } from './reassembly'
import { isRecord, Opener, sealedSize, Sealer, type Fragment } from './record'

const ACCEPT = 0x02
const REFUSE = 0x03
const ACCEPT_BYTES = 33
/** SEAL14: the OPEN and the early records after it. */
const EARLY_BYTES_MAX = 15 * 1024
/** SEAL19: on one carrier. */
const OPENS_MAX = 3
/** Records that are sealed, or opened, at once. */
const BATCH_MAX = 32
/** What may wait to be opened; a server that sends faster than this device opens is cut loose. */
const UNOPENED_BYTES_MAX = 8 * 1024 * 1024

export interface ChannelOptions {
  open: OpenCarrier
  identity: ServerIdentity
  /** SEAL20. */
  route: Uint8Array
  clock: Clock
  randomBytes: (length: number) => Bytes
  events: ChannelEvents
}

const NO_EXPORTER: Bytes = new Uint8Array()

export class SealedChannel implements Channel {
  readonly #options: ChannelOptions
  readonly #carrier: Carrier
  readonly #carrierOpen: Promise<void>
  #opening: Opening | null = null
  /** The OPEN was sent. */
  #opened = false
  #earlySealer: Sealer | null = null
  #earlyBytes = 0
  #early: { priority: Priority; message: Uint8Array }[] = []
  #sealer: Sealer | null = null
  #opener: Opener | null = null
  #queue = new SendQueue()
  #reassembly = new Reassembly()
  #verified = false
  #opens = 0
  #ended = false
  #unopened: Bytes[] = []
  #unopenedBytes = 0
  #receiving = false
  #sending = false
  #sentBytes = 0

  constructor(options: ChannelOptions) {
    this.#options = options
    let opened: () => void = () => undefined
    this.#carrierOpen = new Promise((resolve) => (opened = resolve))
    this.#carrier = options.open({
      onOpen: opened,
      onMessage: (message) => this.#arrived(message),
      onDrained: () => this.#sendSoon(),
      onClose: () => this.#end('lost'),
    })
    this.#guard(this.#begin())
  }

  send(priority: Priority, message: Uint8Array, early = false): void {
    if (this.#isEnded()) return
    if (early && this.#sealer === null) this.#early.push({ priority, message })
    else this.#queue.add(priority, message)
    this.#sendSoon()
  }

  movedBytes(): number {
    return this.#sentBytes - this.#carrier.waitingBytes()
  }

  close(): void {
    if (this.#isEnded()) return
    this.#ended = true
    this.#carrier.close()
  }

  #end(end: ChannelEnd): void {
    if (this.#isEnded()) return
    this.close()
    this.#options.events.onEnd(end)
  }

  /** It may end during any `await`. */
  #isEnded(): boolean {
    return this.#ended
  }

  #give(message: Bytes): void {
    this.#sentBytes += message.length
    this.#carrier.send(message)
  }

  /** Whatever goes wrong in a task ends the channel. */
  #guard(task: Promise<void>): void {
    task.catch((error: unknown) => this.#end(error instanceof ManifestError ? error.fault : 'broken'))
  }

  // ---- the beginning ----

  async #begin(): Promise<void> {
    const { identity, route, randomBytes, events } = this.#options
    const manifest = await identity.manifest()
    if (this.#isEnded()) return
    if (manifest === null) {
      await this.#carrierOpen
      if (this.#isEnded()) return
      this.#opens += 1
      this.#give(askForManifest(route)) // SEAL19
      return
    }
    const opening = await createOpening(manifest, route, NO_EXPORTER, randomBytes)
    if (this.#isEnded()) return
    this.#opening = opening
    if (this.#opens > 0) {
      // What was to be sent until now was for the opening that was refused.
      this.#early = []
      this.#queue = new SendQueue()
    }
    this.#earlySealer = new Sealer(opening.keys.client, true, this.#options.clock.nowMs())
    events.onOpening(opening.keys.binding)
    await this.#carrierOpen
    if (this.#isEnded()) return
    this.#opens += 1
    this.#give(opening.message)
    this.#opened = true
    this.#earlyBytes = opening.message.length
    this.#sendSoon()
  }

  async #refused({ reason, manifest }: Refused): Promise<void> {
    if (this.#sealer !== null) throw new SealedError('a refusal after an acceptance')
    if (reason === Refusal.VERSION) this.#end('outdated')
    else if (reason === Refusal.BUSY) this.#end('busy')
    else if (reason === Refusal.MALFORMED && this.#opening !== null) {
      this.#options.identity.doubt()
      this.#end('broken')
    } else if (reason !== Refusal.EPOCH || manifest === undefined || this.#opens >= OPENS_MAX)
      this.#end('broken')
    else {
      await this.#options.identity.accept(manifest)
      this.#opening = null
      this.#opened = false
      this.#guard(this.#begin()) // on the same carrier
    }
  }

  async #accepted(message: Bytes): Promise<void> {
    const opening = this.#opening
    if (opening === null || !this.#opened || this.#sealer !== null || message.length !== ACCEPT_BYTES)
      throw new SealedError('an acceptance out of place')
    const agreed = await opening.exchange.agree(message.slice(1))
    const transcript = await sha256(NO_EXPORTER, opening.message, message)
    const keys = await mainKeys(opening.keys.early, agreed, transcript)
    this.#opener = new Opener(keys.core, false)
    const counts = this.#earlySealer?.counts
    this.#sealer = new Sealer(keys.client, false, this.#options.clock.nowMs(), counts)
    this.#earlySealer = null // SEAL16
    for (const { priority, message: waiting } of this.#early) this.#queue.add(priority, waiting)
    this.#early = []
    this.#sendSoon()
  }

  // ---- what arrives ----

  #arrived(message: Bytes): void {
    if (this.#isEnded()) return
    this.#unopenedBytes += message.length
    if (
      message.length === 0 ||
      message.length > CARRIER_MESSAGE_BYTES_MAX ||
      this.#unopenedBytes > UNOPENED_BYTES_MAX
    ) {
      this.#end('broken')
      return
    }
    this.#unopened.push(message)
    if (this.#receiving) return
    this.#receiving = true
    this.#guard(this.#receive())
  }

  async #receive(): Promise<void> {
    for (;;) {
      const batch = this.#nextBatch()
      const [first] = batch
      if (first === undefined || this.#isEnded()) break
      if (isRecord(first)) await this.#open(batch)
      else if (first[0] === ACCEPT) await this.#accepted(first)
      else if (first[0] === REFUSE) await this.#refused(parseRefused(first))
      else throw new SealedError('a message of an unknown kind')
    }
    this.#receiving = false
  }

  /** The next message, and those after it that can be opened together with it. */
  #nextBatch(): Bytes[] {
    let count = 0
    while (
      count < BATCH_MAX &&
      count < this.#unopened.length &&
      isRecord(this.#unopened[count] ?? NO_EXPORTER)
    )
      count += 1
    const batch = this.#unopened.splice(0, Math.max(count, 1))
    for (const { length } of batch) this.#unopenedBytes -= length
    return batch
  }

  async #open(records: readonly Bytes[]): Promise<void> {
    if (this.#opener === null) throw new SealedError('a record before an acceptance')
    const fragments = await this.#opener.open(records)
    if (!this.#verified && fragments.length > 0 && !this.#isEnded()) {
      this.#verified = true
      this.#options.events.onVerified()
    }
    for (const fragment of fragments) {
      const message = this.#reassembly.add(fragment)
      if (this.#isEnded()) return
      if (message !== null) this.#options.events.onMessage(message)
    }
  }

  // ---- what leaves ----

  #sendSoon(): void {
    if (this.#sending || this.#isEnded()) return
    this.#sending = true
    this.#guard(this.#sendAll())
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const sealer = this.#sealer ?? this.#earlySealer
      const batch = this.#sealer === null ? this.#earlyBatch() : this.#mainBatch()
      if (sealer === null || batch.length === 0) break
      const now = this.#options.clock.nowMs()
      const opening = this.#opening
      const records = await Promise.all(batch.map((fragment) => sealer.seal(fragment, now)))
      if (this.#isEnded()) return
      if (opening !== this.#opening) continue // it was refused meanwhile
      for (const record of records) this.#give(record)
    }
    this.#sending = false
  }

  #mainBatch(): Fragment[] {
    const batch: Fragment[] = []
    let waiting = this.#queue.hasBulk ? this.#carrier.waitingBytes() : 0
    while (batch.length < BATCH_MAX) {
      const fragment = this.#queue.next(waiting < LOW_WATER_BYTES)
      if (fragment === null) break
      waiting += fragment.payload.length
      batch.push(fragment)
    }
    return batch
  }

  /** One early message, whole; one for which there is no room waits for the acceptance. */
  #earlyBatch(): Fragment[] {
    if (!this.#opened) return []
    for (let [first] = this.#early; first !== undefined; [first] = this.#early) {
      this.#early.shift()
      const { priority, message } = first
      const batch = [...fragmentsOf(priority, message)]
      const size = batch.reduce((total, { payload }) => total + sealedSize(payload.length), 0)
      if (this.#earlyBytes + size <= EARLY_BYTES_MAX) {
        this.#earlyBytes += size
        return batch
      }
      this.#queue.add(priority, message)
    }
    return []
  }
}

function parseRefused(message: Bytes): Refused {
  try {
    return fromBinary(RefusedSchema, message.subarray(1))
  } catch {
    throw new SealedError('a refusal that is none')
  }
}
