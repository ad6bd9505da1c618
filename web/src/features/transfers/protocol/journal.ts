/**
 * What a receiver writes beside its files, so that it knows after a crash what it has (XFER13): records of
 * a kind, a length, a body and a CRC-32, appended and never changed. What a crash tore ends the journal.
 * The same as `hutong/protocols/transfer/journal.py`.
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ManifestPartSchema } from '../../../schema/transfers_pb'
import { ManifestReader, type Manifest } from './manifest'
import { LEAF_BYTES } from './tree'

const MANIFEST = 1
const KEPT = 2
const DROPPED = 3
const HEAD_BYTES = 5
const CRC_BYTES = 4
const CHUNK_BYTES = 4
const BODY_BYTES_MAX = 64 * 1024

/** What a journal says: `sizeBytes` of it are sound, the rest is to be cut off. */
export interface Journal {
  manifest: Manifest | null
  kept: Map<number, Uint8Array<ArrayBuffer>>
  sizeBytes: number
}

/** The records a journal starts with. */
export function beginJournal(manifest: Manifest): Uint8Array<ArrayBuffer> {
  const records = manifest.parts().map((part) => record(MANIFEST, toBinary(ManifestPartSchema, part)))
  const whole = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const each of records) {
    whole.set(each, at)
    at += each.length
  }
  return whole
}

/** The record of a chunk that was written. */
export function keptRecord(chunk: number, leaf: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(CHUNK_BYTES + LEAF_BYTES)
  new DataView(body.buffer).setUint32(0, chunk)
  body.set(leaf, CHUNK_BYTES)
  return record(KEPT, body)
}

/** The record of a chunk that turned out to be another. */
export function droppedRecord(chunk: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(CHUNK_BYTES)
  new DataView(body.buffer).setUint32(0, chunk)
  return record(DROPPED, body)
}

/** What is sound in a journal; without a whole manifest there is nothing. */
export function readJournal(data: Uint8Array<ArrayBuffer>): Journal {
  const journal: Journal = { manifest: null, kept: new Map(), sizeBytes: 0 }
  const reader = new ManifestReader()
  for (const { kind, body, end } of recordsOf(data)) {
    if (journal.manifest !== null) {
      if (!apply(journal.kept, journal.manifest, kind, body)) break
    } else {
      if (kind !== MANIFEST) break
      try {
        journal.manifest = reader.take(fromBinary(ManifestPartSchema, body))
      } catch {
        break
      }
    }
    journal.sizeBytes = end
  }
  return journal.manifest === null ? { manifest: null, kept: new Map(), sizeBytes: 0 } : journal
}

function apply(
  kept: Journal['kept'],
  manifest: Manifest,
  kind: number,
  body: Uint8Array<ArrayBuffer>,
): boolean {
  if (body.length !== CHUNK_BYTES + (kind === KEPT ? LEAF_BYTES : 0)) return false
  const chunk = new DataView(body.buffer, body.byteOffset).getUint32(0)
  if (chunk >= manifest.chunks || (kind !== KEPT && kind !== DROPPED)) return false
  if (kind === KEPT) kept.set(chunk, body.slice(CHUNK_BYTES))
  else kept.delete(chunk)
  return true
}

function record(kind: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(HEAD_BYTES + body.length + CRC_BYTES)
  const view = new DataView(whole.buffer)
  view.setUint8(0, kind)
  view.setUint32(1, body.length)
  whole.set(body, HEAD_BYTES)
  view.setUint32(HEAD_BYTES + body.length, crc32(whole.subarray(0, HEAD_BYTES + body.length)))
  return whole
}

/** Up to the first that is not sound; `end` is where the next begins. */
function* recordsOf(
  data: Uint8Array<ArrayBuffer>,
): Generator<{ kind: number; body: Uint8Array<ArrayBuffer>; end: number }> {
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  for (let at = 0; at + HEAD_BYTES + CRC_BYTES <= data.length;) {
    const end = at + HEAD_BYTES + view.getUint32(at + 1)
    if (end - at > HEAD_BYTES + BODY_BYTES_MAX || end + CRC_BYTES > data.length) return
    if (view.getUint32(end) !== crc32(data.subarray(at, end))) return
    yield { kind: view.getUint8(at), body: data.subarray(at + HEAD_BYTES, end), end: end + CRC_BYTES }
    at = end + CRC_BYTES
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** As in zlib; `before` continues an earlier one. */
export function crc32(data: Uint8Array, before = 0): number {
  let value = ~before
  for (const byte of data) value = (CRC_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
  return ~value >>> 0
}
