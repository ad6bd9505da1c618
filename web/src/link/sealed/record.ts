/** Records: one direction's AEAD, its sequence numbers and key phases (SEAL2, SEAL7 to SEAL10). */
import type { Bytes } from '../bytes'
import { Priority } from '../../schema/options_pb'
import { SealedError } from './errors'
import { nextPhase, type DirectionKeys } from './keys'
import { bucketOf, pad, PLAINTEXT_BYTES_MAX, unpad } from './padding'
import { ReplayWindow } from './window'

const HEADER_BYTES = 3
const TAG_BYTES = 16
const RECORD_BYTES_MIN = HEADER_BYTES + 16 + TAG_BYTES
const RECORD_BYTES_MAX = HEADER_BYTES + PLAINTEXT_BYTES_MAX + TAG_BYTES
const RECORD = 0x80
const EARLY = 0x40
const PHASE = 0x20
const CLASS = 0x03
const CLASSES = 3
/** SEAL8. */
const PHASE_RECORDS_MAX = 2 ** 20
const PHASE_MS_MAX = 3_600_000

/** A piece of a message of one class. */
export interface Fragment {
  readonly priority: Priority
  readonly payload: Uint8Array
  readonly last: boolean
}

export function isRecord(message: Uint8Array): boolean {
  return ((message[0] ?? 0) & RECORD) !== 0
}

/** What a fragment of so many bytes takes on the wire. */
export function sealedSize(payloadBytes: number): number {
  return HEADER_BYTES + bucketOf(payloadBytes + 1) + TAG_BYTES
}

/** What WebCrypto seals and opens one record with (SEAL7). */
function algorithmOf(iv: Bytes, first: number, sequence: number, before: number): AesGcmParams {
  const nonce = iv.slice()
  const view = new DataView(nonce.buffer)
  view.setUint32(4, view.getUint32(4) ^ Math.floor(sequence / 2 ** 32))
  view.setUint32(8, view.getUint32(8) ^ sequence)
  const associated = new Uint8Array(17)
  associated[0] = first
  const numbers = new DataView(associated.buffer)
  numbers.setBigUint64(1, BigInt(sequence))
  numbers.setBigUint64(9, BigInt(before))
  return { name: 'AES-GCM', iv: nonce, additionalData: associated }
}

/** How many records of each class went in one direction; they go on when the early keys end. */
type Counts = Float64Array

function noCounts(): Counts {
  return new Float64Array(CLASSES)
}

/** Seals what one side says with one set of keys. */
export class Sealer {
  /** A promise: the keys of a phase that has just begun are still being made. */
  #keys: Promise<DirectionKeys>
  #head: number
  #sequence = 0
  #phaseFrom = 0
  #phaseSinceMs: number
  readonly counts: Counts

  /** `counts` are those of the early records before. */
  constructor(keys: DirectionKeys, early: boolean, nowMs: number, counts = noCounts()) {
    this.#keys = Promise.resolve(keys)
    this.#head = RECORD | (early ? EARLY : 0)
    this.#phaseSinceMs = nowMs
    this.counts = counts
  }

  /** Sequence numbers are given in the order of the calls; the results are to be sent in the same. */
  async seal({ payload, last, priority }: Fragment, nowMs: number): Promise<Bytes> {
    const sequence = this.#sequence++
    if (sequence - this.#phaseFrom >= PHASE_RECORDS_MAX || nowMs - this.#phaseSinceMs >= PHASE_MS_MAX)
      this.#changeKeys(sequence, nowMs)
    const first = this.#head | priority
    const before = this.counts[priority] ?? 0
    this.counts[priority] = before + 1
    const { key, iv } = await this.#keys
    const algorithm = algorithmOf(iv, first, sequence, before)
    const ciphertext = await crypto.subtle.encrypt(algorithm, key, pad(payload, last))
    const record = new Uint8Array(HEADER_BYTES + ciphertext.byteLength)
    record[0] = first
    record[1] = sequence >> 8
    record[2] = sequence
    record.set(new Uint8Array(ciphertext), HEADER_BYTES)
    return record
  }

  #changeKeys(sequence: number, nowMs: number): void {
    this.#keys = this.#keys.then(nextPhase)
    this.#head ^= PHASE
    this.#phaseFrom = sequence
    this.#phaseSinceMs = nowMs
  }
}

/** Opens what the other side says with one set of keys. After a `SealedError` it is of no use any more. */
export class Opener {
  #keys: Promise<DirectionKeys>
  /** Of the phase before, as long as records of it may come. */
  #before: Promise<DirectionKeys> | null = null
  /** The lowest number opened in this phase. */
  #phaseFrom = 0
  #head: number
  readonly #window = new ReplayWindow()
  readonly counts: Counts

  /** `counts` are those of the early records before. */
  constructor(keys: DirectionKeys, early: boolean, counts = noCounts()) {
    this.#keys = Promise.resolve(keys)
    this.#head = RECORD | (early ? EARLY : 0)
    this.counts = counts
  }

  /**
   * Opens records that arrived one after the other; what was there before, or is too old, is left out.
   * Throws `SealedError` when anything else is wrong. Not to be called again before it is done.
   */
  async open(records: readonly Bytes[]): Promise<Fragment[]> {
    // Numbers, counts and phases go by what a record says, which is believed when it opens: all do, or none counts.
    return Promise.all(records.map((record) => this.#openOne(record)).filter((opening) => opening !== null))
  }

  #openOne(record: Bytes): Promise<Fragment> | null {
    const [first = 0, high = 0, low = 0] = record
    const priority = first & CLASS
    if (record.length < RECORD_BYTES_MIN || record.length > RECORD_BYTES_MAX)
      throw new SealedError('a record of no possible size')
    if (!isPriority(priority)) throw new SealedError('there is no class 3')
    const sequence = this.#window.take((high << 8) | low)
    if (sequence === null) return null
    const keys = this.#keysOf(first ^ priority, sequence)
    const before = this.counts[priority] ?? 0
    this.counts[priority] = before + 1
    return openRecord(keys, record, sequence, before, priority)
  }

  /** SEAL8. */
  #keysOf(head: number, sequence: number): Promise<DirectionKeys> {
    if (head === this.#head) {
      this.#phaseFrom = Math.min(this.#phaseFrom, sequence)
      if (this.#before !== null && this.#window.isPast(this.#phaseFrom)) this.#before = null
      return this.#keys
    }
    if ((head ^ PHASE) !== this.#head || (head & EARLY) !== 0)
      throw new SealedError('a record with a bit that means nothing')
    if (sequence < this.#phaseFrom) {
      if (this.#before === null) throw new SealedError('a record of a phase that is over')
      return this.#before
    }
    this.#before = this.#keys
    this.#keys = this.#keys.then(nextPhase)
    this.#head = head
    this.#phaseFrom = sequence
    return this.#keys
  }
}

async function openRecord(
  keys: Promise<DirectionKeys>,
  record: Bytes,
  sequence: number,
  before: number,
  priority: Priority,
): Promise<Fragment> {
  const { key, iv } = await keys
  const algorithm = algorithmOf(iv, record[0] ?? 0, sequence, before)
  let plaintext: Bytes
  try {
    plaintext = new Uint8Array(await crypto.subtle.decrypt(algorithm, key, record.subarray(HEADER_BYTES)))
  } catch {
    throw new SealedError('a record that does not open')
  }
  return { priority, ...unpad(plaintext) }
}

function isPriority(value: number): value is Priority {
  return value < CLASSES
}
