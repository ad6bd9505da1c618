/** The vectors every implementation has in common. */
import { readFileSync } from 'node:fs'
import { fromBinary, toBinary, toJson } from '@bufbuild/protobuf'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import { ChannelMessageSchema } from '../../../schema/transfers_pb'
import { numbersOf, runsOf } from './chunks'
import { ManifestError } from './errors'
import { Manifest } from './manifest'
import { localPaths } from './names'
import { rootOf } from './tree'

interface ManifestVector {
  name: string
  chunk_bytes: number
  entries: { path: string; size_bytes?: number; folder?: boolean; executable?: boolean }[]
}
interface Vectors {
  manifests: (ManifestVector & { digest: string; chunks: number[][]; root: string })[]
  refused: ManifestVector[]
  names: { paths: string[]; local: string[] }[]
  runs: { chunks: number[]; runs: number[][] }[]
  messages: { name: string; json: unknown; hex: string }[]
}

const path = new URL('../../../../../schema/vectors/transfer.json', import.meta.url)
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors

function manifestOf({ chunk_bytes, entries }: ManifestVector): Manifest {
  const listed = entries.map(({ path: name, size_bytes = 0, folder = false, executable = false }) => ({
    path: name,
    sizeBytes: size_bytes,
    folder,
    executable,
  }))
  return new Manifest(listed, chunk_bytes)
}

test.each(vectors.manifests)('XFER2, XFER4, XFER5, XFER6: $name', (vector) => {
  const manifest = manifestOf(vector)
  const spans = Array.from({ length: manifest.chunks }, (_, chunk) => manifest.span(chunk))
  expect(bytesToHex(manifest.digest)).toBe(vector.digest)
  expect(spans.map(({ entry, offset, sizeBytes }) => [entry, offset, sizeBytes])).toEqual(vector.chunks)
  const leaves = spans.map(({ sizeBytes }, chunk) => sha256(new Uint8Array(sizeBytes).fill(chunk % 256)))
  const all = Uint8Array.from(leaves.flatMap((leaf) => [...leaf]))
  expect(bytesToHex(rootOf(manifest.digest, all))).toBe(vector.root)
})

test.each(vectors.refused)('XFER2, XFER3: nobody takes $name', (vector) => {
  expect(() => manifestOf(vector)).toThrow(ManifestError)
})

test.each(vectors.names)('XFER3: $local', ({ paths, local }) => {
  expect(localPaths(paths)).toEqual(local)
})

test.each(vectors.runs)('runs of $chunks', ({ chunks, runs }) => {
  const told = runsOf(chunks)
  expect(told.map(({ first, count }) => [first, count])).toEqual(runs)
  expect([...numbersOf(told, 100)]).toEqual(chunks)
})

test.each(vectors.messages)('message: $name', ({ json, hex }) => {
  const message = fromBinary(ChannelMessageSchema, hexToBytes(hex))
  expect(toJson(ChannelMessageSchema, message)).toEqual(json)
  expect(bytesToHex(toBinary(ChannelMessageSchema, message))).toBe(hex)
})
