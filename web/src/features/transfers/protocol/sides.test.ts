/** The two sides against each other: whole files, cuts, restarts, damage, back-pressure. */
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import {
  HaveSchema,
  HelloSchema,
  ManifestPartSchema,
  PieceSchema,
  StopReason,
  StopSchema,
} from '../../../schema/transfers_pb'
import { RulesError } from './errors'
import { readJournal } from './journal'
import { Manifest } from './manifest'
import { Receiver } from './receiver'
import { Sender } from './sender'
import { CHUNK_BYTES, Sides } from './testing/sides'

/** A generator of numbers below `below`, the same for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function some(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const roll = dice(seed)
  return Uint8Array.from({ length: sizeBytes }, () => roll(256))
}

const folder = () => ({
  'walk/one.bin': some(CHUNK_BYTES * 5 + 7),
  'walk/empty.txt': new Uint8Array(0),
  'walk/deep/two.bin': some(CHUNK_BYTES, 2),
  'walk/three.txt': some(1, 3),
})

function same(sides: Sides): void {
  const found = sides.result()
  for (const [path, data] of sides.files)
    expect(Buffer.compare(found.get(path) ?? new Uint8Array(0), data), path).toBe(0)
}

test('XFER1, XFER2, XFER6: names and sizes first, then chunks, then the root', () => {
  const sides = new Sides(folder())
  sides.connect()
  sides.run()
  expect(sides.done).toBe(true)
  expect(sides.disk.placed).not.toBeNull()
  expect(sides.arrivedBytes).toBe(sides.manifest.sizeBytes)
  same(sides)
})

test('XFER6: without chunks the root covers the manifest alone', () => {
  const sides = new Sides({ a: new Uint8Array(0), b: new Uint8Array(0) })
  sides.connect()
  sides.run()
  expect(sides.done).toBe(true)
})

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  'XFER8, XFER12, XFER13: cuts and restarts at random places, seed %i',
  (seed) => {
    const roll = dice(seed + 1)
    const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 40 + 5, seed), 'b.bin': some(9_000, seed) })
    sides.connect()
    for (let step = 0; step < 5_000 && !sides.done; step++) {
      if (!sides.step() && sides.links.size === 0) sides.connect()
      if (roll(60) > 0 || step > 3_000) continue
      const [channel] = sides.links.keys()
      const what = roll(4)
      if (what === 0) sides.restartReceiver()
      else if (what === 1) sides.restartSender()
      else if (channel !== undefined && sides.links.size > 0 && what === 2) sides.cut(channel)
      else if (sides.links.size < 3) sides.connect(roll(2))
    }
    if (!sides.done) {
      if (sides.links.size === 0) sides.connect()
      sides.run()
    }
    expect(sides.done).toBe(true)
    same(sides)
  },
)

test('XFER8: a receiver that comes back goes on with what it has', () => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 20) })
  sides.connect()
  while (sides.receiver.keptBytes < CHUNK_BYTES * 10) sides.step()
  sides.restartReceiver()
  const keptBytes = sides.receiver.keptBytes
  expect(keptBytes).toBeGreaterThanOrEqual(CHUNK_BYTES * 10)
  sides.restartSender()
  sides.connect()
  sides.run()
  expect(sides.done).toBe(true)
  expect(sides.receiver.receivedBytes).toBe(sides.manifest.sizeBytes - keptBytes)
})

test('XFER9: never more is open than the window, and a piece costs a KiB at least', () => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 20) })
  const channel = sides.connect(0, 2 * CHUNK_BYTES)
  let most = 0
  for (let step = 0; step < 5_000 && !sides.done; step++) {
    sides.read()
    sides.send(channel)
    sides.answer(channel)
    sides.deliver(channel, 'up')
    most = Math.max(most, sides.sender.sentBytes - sides.receiver.keptBytes)
    if (step % 2 === 0) sides.deliver(channel, 'down')
    if (step % 8 === 0) sides.write()
  }
  expect(most).toBeLessThanOrEqual(2 * CHUNK_BYTES)
  expect(sides.done).toBe(true)

  const tiny = new Sides(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}`, some(1, i)])))
  const only = tiny.connect(0, 2 * CHUNK_BYTES)
  for (let step = 0; step < 1_000; step++) {
    tiny.read()
    tiny.send(only)
    tiny.deliver(only, 'down')
    tiny.answer(only)
    tiny.deliver(only, 'up')
    if (step < 10) tiny.write() // the manifest, and then nothing any more
  }
  expect(tiny.sender.sentBytes).toBeLessThanOrEqual(128 + 10)
})

test('XFER5: a chunk that is not what its leaf says is not kept, and arrives over the next channel', () => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 3) })
  const channel = sides.connect()
  for (let step = 0; step < 40 && !sides.effects.some((each) => each.do === 'write'); step++) {
    sides.read()
    sides.send(channel)
    sides.deliver(channel, 'down')
    sides.answer(channel)
    sides.deliver(channel, 'up')
    if (sides.effects[0]?.do === 'open') sides.write()
  }
  const effect = sides.effects.find((each) => each.do === 'write')
  expect(effect).toBeDefined()
  if (effect !== undefined) effect.data[0] = (effect.data[0] ?? 0) ^ 1
  sides.run()
  expect(sides.links.has(channel)).toBe(false)
  sides.connect()
  sides.run()
  expect(sides.done).toBe(true)
  same(sides)
})

test('XFER7: a file that changed between two chunks: compared, and what differs is sent again', () => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 4) })
  sides.connect()
  while (sides.receiver.keptBytes < CHUNK_BYTES * 2) sides.step()
  sides.restartSender()
  sides.files.set('a.bin', some(CHUNK_BYTES * 4, 99))
  sides.connect()
  sides.run()
  expect(sides.done).toBe(true)
  same(sides)
})

test('XFER10: new chunks go over the channels of the highest rank', () => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 30) })
  const low = sides.connect(0)
  while (sides.receiver.keptBytes === 0) sides.step()
  const high = sides.connect(1)
  while (sides.sender.keptBytes < CHUNK_BYTES * 12) sides.step()
  const before = sides.links.get(low)?.down.length ?? 0
  for (let step = 0; step < 20; step++) sides.step()
  expect(sides.links.get(low)?.down.length ?? 0).toBeLessThanOrEqual(before)
  sides.cut(high)
  sides.run()
  expect(sides.done).toBe(true)
})

test('XFER10: nine channels are one too many', () => {
  const sides = new Sides({ a: some(1) })
  for (let channel = 0; channel < 8; channel++) sides.connect()
  expect(() => sides.connect()).toThrow(RulesError)
})

const piece = (over: object) => ({
  case: 'piece' as const,
  value: create(PieceSchema, { chunk: 0, offset: 0, data: some(10), ...over }),
})

test.each([
  ['a chunk that does not exist', piece({ chunk: 99 })],
  ['a piece of nothing', piece({ data: new Uint8Array(0) })],
  ['pieces out of order', piece({ offset: 5 })],
  ['a leaf before the end', piece({ leaf: new Uint8Array(32) })],
  ['more than the chunk has', piece({ chunk: 3, data: some(100), leaf: new Uint8Array(32) })],
  ['a leaf of another length', piece({ chunk: 3, data: some(7), leaf: new Uint8Array(31) })],
  ['the root too early', { case: 'root' as const, value: new Uint8Array(32) }],
  ['leaves nobody asked for', { case: 'leaves' as const, value: { first: 0 } as never }],
  ['the manifest again', { case: 'manifest' as const, value: create(ManifestPartSchema, { last: true }) }],
  ['a message of the receiver', { case: 'placed' as const, value: true }],
])('XFER11: the receiver refuses %s', (_what, message) => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 3 + 7) })
  const channel = sides.connect()
  for (let step = 0; step < 4; step++) {
    sides.send(channel)
    sides.deliver(channel, 'down')
    sides.write()
    sides.answer(channel)
    sides.deliver(channel, 'up')
  }
  expect(() => sides.receiver.receive(channel, message)).toThrow(RulesError)
  expect(sides.disk.chunks.size).toBe(0)
})

test('XFER11: the sender refuses what makes no sense', () => {
  const manifest = new Manifest([{ path: 'a', sizeBytes: 9, folder: false, executable: false }], CHUNK_BYTES)
  const hello = { case: 'hello' as const, value: create(HelloSchema, { version: 2 }) }
  const fresh = () => {
    const sender = new Sender(manifest)
    sender.attach(0)
    return sender
  }
  expect(() => fresh().receive(0, { case: 'creditBytes', value: 9n })).toThrow(RulesError)
  const sender = fresh()
  sender.receive(0, hello)
  expect(() => sender.receive(0, hello)).toThrow(RulesError)
  const runs = [{ first: 1, count: 1 }]
  expect(() => sender.receive(0, { case: 'have', value: create(HaveSchema, { runs }) })).toThrow(RulesError)
  expect(() => sender.receive(0, { case: 'compare', value: true })).toThrow(RulesError)
})

test('XFER0: another version is told so, and both sides know why nothing goes', () => {
  const sender = new Sender(
    new Manifest([{ path: 'a', sizeBytes: 9, folder: false, executable: false }], CHUNK_BYTES),
  )
  const receiver = new Receiver(null, new Map())
  sender.attach(0)
  receiver.attach(0)
  sender.receive(0, { case: 'hello', value: create(HelloSchema, { version: 3 }) })
  const word = sender.poll(0, 0)
  expect(word?.case).toBe('stop')
  if (word !== null) receiver.receive(0, word)
  for (const { stopped } of [sender, receiver])
    expect(stopped).toMatchObject({ reason: StopReason.STOP_VERSION })
})

test('XFER14: a sender keeps to its rate', () => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 8) }, 100_000)
  sides.connect()
  for (let tick = 0; tick < 40; tick++) {
    sides.nowMs += 50
    for (let step = 0; step < 50; step++) sides.step()
  }
  // Two seconds, a quarter at once, and the piece that is paid off afterwards.
  expect(sides.sender.sentBytes).toBeGreaterThan(180_000)
  expect(sides.sender.sentBytes).toBeLessThan(200_000 + 25_000 + 2 * 16_384)
})

test('XFER15: either side may stop, and the other hears why', () => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES) })
  const channel = sides.connect()
  sides.receiver.stop(StopReason.STOP_NO_SPACE)
  sides.run()
  expect(sides.sender.stopped).toMatchObject({ reason: StopReason.STOP_NO_SPACE, byUs: false })
  const receiver = new Receiver()
  receiver.attach(channel)
  const value = create(StopSchema, { reason: StopReason.STOP_CANCELLED })
  receiver.receive(channel, { case: 'stop', value })
  expect(receiver.stopped).toMatchObject({ reason: StopReason.STOP_CANCELLED, byUs: false })
})

test('XFER13: a torn journal is believed up to the tear', () => {
  const sides = new Sides({ 'a.bin': some(CHUNK_BYTES * 6) })
  sides.connect()
  sides.run()
  const whole = sides.disk.journal
  const records = readJournal(whole).kept.size
  expect(records).toBe(6)
  expect(readJournal(whole.slice(0, -3))).toMatchObject({ sizeBytes: whole.length - 45 })
  const damaged = whole.slice()
  damaged[20] = (damaged[20] ?? 0) ^ 1
  expect(readJournal(damaged).manifest).toBeNull()
})

test('XFER16: a door is not for pages', () => {
  const sides = new Sides({ a: some(1) })
  const channel = sides.connect()
  expect(sides.receiver.receive(channel, { case: 'door', value: {} as never })).toEqual([])
})
