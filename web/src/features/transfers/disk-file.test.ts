import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test } from 'vitest'
import { DiskFile, type SyncFile } from './disk-file'

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
    const grown = new Uint8Array(Math.max(this.bytes.length, at + count))
    grown.set(this.bytes)
    grown.set(buffer.subarray(0, count), at)
    this.bytes = grown
    return count
  }
  truncate(size: number): void {
    this.bytes = this.bytes.slice(0, size)
  }
  flush(): void {
    this.flushes += 1
  }
  close(): void {
    this.flushes += 0
  }
}

const bytes = (length: number, seed: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (index * seed) & 255)

test('a later page goes on where an earlier one stopped, with the hash of the whole', () => {
  const disk = new FakeFile()
  const [first, second] = [bytes(3_000_000, 7), bytes(1_000, 11)]
  const before = new DiskFile(disk)
  before.write(first)
  before.close()
  const after = new DiskFile(disk)
  expect(after.sizeBytes).toBe(first.length)
  after.write(second)
  expect(after.digest()).toEqual(sha256(Uint8Array.from([...first, ...second])))
})

test('a full disk is said, and what was not counted is written again', () => {
  const disk = new FakeFile()
  const file = new DiskFile(disk)
  file.write(bytes(100, 3))
  disk.room = 10
  expect(() => file.write(bytes(50, 5))).toThrow('transfers.diskFull')
  expect(file.sizeBytes).toBe(100)
  disk.room = Infinity
  file.write(bytes(50, 5))
  expect(file.digest()).toEqual(sha256(Uint8Array.from([...bytes(100, 3), ...bytes(50, 5)])))
})

test('reset forgets everything', () => {
  const disk = new FakeFile()
  const file = new DiskFile(disk)
  file.write(bytes(100, 3))
  file.reset()
  expect([file.sizeBytes, disk.bytes.length]).toEqual([0, 0])
  expect(file.digest()).toEqual(sha256(new Uint8Array(0)))
})

test('what a crash may cost is bounded', () => {
  const disk = new FakeFile()
  disk.write = (buffer) => buffer.length
  const file = new DiskFile(disk)
  for (let written = 0; written < 40; written++) file.write(new Uint8Array(1024 * 1024))
  expect(disk.flushes).toBe(2)
})
