import { expect, test } from 'vitest'
import { leafOf } from './hash'
import { FullError, PartsFile, type SyncFile } from './parts-file'
import { beginJournal } from './protocol/journal'
import { Manifest } from './protocol/manifest'

/** Keeps its bytes when it is closed, as a file does; `room` is what the disk still takes. */
class FakeFile implements SyncFile {
  bytes = new Uint8Array(0)
  room = Infinity
  flushes = 0
  getSize(): number {
    return this.bytes.length
  }
  read(buffer: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    const part = this.bytes.subarray(at, at + buffer.length)
    buffer.set(part)
    return part.length
  }
  write(buffer: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    const count = Math.min(buffer.length, this.room)
    if (at + count > this.bytes.length) this.truncate(at + count)
    this.bytes.set(buffer.subarray(0, count), at)
    return count
  }
  truncate(size: number): void {
    const changed = new Uint8Array(size)
    changed.set(this.bytes.subarray(0, size))
    this.bytes = changed
  }
  flush(): void {
    this.flushes += 1
  }
  close(): void {
    this.flushes += 0
  }
}

const CHUNK_BYTES = 64 * 1024
const manifest = new Manifest(
  [
    { path: 'a', sizeBytes: CHUNK_BYTES + 10, folder: false, executable: false },
    { path: 'b', sizeBytes: 5, folder: false, executable: false },
  ],
  CHUNK_BYTES,
)
const bytes = (length: number, seed: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (index * seed) & 255)
const chunks = [bytes(CHUNK_BYTES, 7), bytes(10, 11), bytes(5, 13)]
const places = [0, CHUNK_BYTES, CHUNK_BYTES + 10]

async function written() {
  const [data, journal] = [new FakeFile(), new FakeFile()]
  const parts = new PartsFile(data, journal)
  expect(await parts.resume()).toBeNull()
  parts.begin(beginJournal(manifest), manifest.sizeBytes)
  for (const [chunk, each] of chunks.entries())
    expect(await parts.write(chunk, places[chunk] ?? 0, each, await leafOf(each))).toBe(true)
  return { data, journal, parts }
}

test('XFER13: a later page believes in the chunks whose bytes have their leaves', async () => {
  const { data, journal, parts } = await written()
  parts.drop(1)
  data.bytes[CHUNK_BYTES + 12] = 0xff
  const left = await new PartsFile(data, journal).resume()
  expect(left).toMatchObject({ chunkBytes: CHUNK_BYTES, entries: manifest.entries })
  expect([...(left?.leaves.keys() ?? [])]).toEqual([0])
})

test('XFER13: what a crash tore is written over', async () => {
  const { data, journal } = await written()
  journal.truncate(journal.bytes.length - 3)
  const parts = new PartsFile(data, journal)
  expect([...((await parts.resume())?.leaves.keys() ?? [])]).toEqual([0, 1])
  await parts.write(2, places[2] ?? 0, chunks[2] ?? bytes(0, 0), await leafOf(chunks[2] ?? bytes(0, 0)))
  expect((await new PartsFile(data, journal).resume())?.leaves.size).toBe(3)
})

test('XFER5: bytes that are not what the leaf says are not written', async () => {
  const { data, journal, parts } = await written()
  const before = journal.bytes.length
  expect(await parts.write(2, places[2] ?? 0, bytes(5, 99), await leafOf(bytes(5, 13)))).toBe(false)
  expect(journal.bytes).toHaveLength(before)
  expect(data.bytes.slice(-5)).toEqual(chunks[2])
})

test('XFER15: a full disk is said, and the chunk counts for nothing', async () => {
  const { data, journal, parts } = await written()
  data.room = 3
  const other = bytes(10, 17)
  await expect(parts.write(1, CHUNK_BYTES, other, await leafOf(other))).rejects.toBeInstanceOf(FullError)
  expect((await new PartsFile(data, journal).resume())?.leaves.has(1)).toBe(false)
})

test('what a power failure may cost is bounded', async () => {
  const [data, journal] = [new FakeFile(), new FakeFile()]
  const parts = new PartsFile(data, journal)
  data.write = (buffer) => buffer.length
  const chunk = bytes(8 * 1024 * 1024, 3)
  const leaf = await leafOf(chunk)
  for (let count = 0; count < 20; count++) await parts.write(count, 0, chunk, leaf)
  expect(data.flushes).toBe(2)
})
