/** Both ends over lines that can be cut or damaged; the bytes go through the wire's own encoding. */
import { expect, test, vi } from 'vitest'
import { ManualClock } from '../../model/testing/feature-context'
import { decode, encode, type Files, type Line } from './channel'
import { MemoryLanding, type Landing } from './landing'
import type { Kind } from './protocol/sender'
import { ReceivingFiles } from './receiving-files'
import { SendingFiles } from './sending-files'
import { PickedSource, type Source } from './source'

function content(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 255)
}

const folder = (): PickedSource =>
  new PickedSource({
    files: [
      { path: 'walk/large.bin', file: new File([content(900_001)], 'large.bin') },
      { path: 'walk/deep/small.txt', file: new File(['small'], 'small.txt') },
      { path: 'walk/empty', file: new File([], 'empty') },
    ],
    folders: ['walk/none'],
  })

class Wire {
  readonly events: string[] = []
  readonly landing: Landing
  readonly sending: SendingFiles
  readonly receiving: ReceivingFiles
  readonly clock = new ManualClock()
  doneBytes = 0
  cuts = 0
  /** Changes a message on its way to the receiver. */
  change: (message: Kind) => Kind = (message) => message
  #lines: { files: Files; line: Line }[] = []

  constructor(
    source: Source = folder(),
    landing: Landing = new MemoryLanding(),
    bytesPerS: number | null = null,
  ) {
    this.landing = landing
    this.sending = new SendingFiles(
      source,
      {
        onProgress: () => undefined,
        onDone: () => this.events.push('sender: done'),
        onStopped: ({ reason }) => this.events.push(`sender: ${reason}`),
      },
      { bytesPerS, clock: this.clock },
    )
    this.receiving = new ReceivingFiles(landing, () => true, {
      onManifest: ({ entries }) => this.events.push(`receiver: ${entries.length}`),
      onProgress: (doneBytes) => (this.doneBytes = doneBytes),
      onPlaced: (root) => this.events.push(`receiver: root of ${root.length}`),
      onStopped: (problem) => this.events.push(`receiver: ${problem}`),
    })
  }

  connect(): void {
    let up = true
    const cut = (): void => {
      if (up) this.cuts += 1
      up = false
      for (const { files, line } of this.#lines.splice(0)) files.closed(line)
    }
    const lineTo = (files: () => { files: Files; line: Line }, change: (message: Kind) => Kind): Line => ({
      room: true,
      send: (message) => {
        const bytes = encode(change(message)).slice().buffer
        queueMicrotask(() => {
          const to = files()
          if (up) to.files.message(to.line, decode(bytes))
        })
      },
      close: cut,
    })
    const down: { files: Files; line: Line } = {
      files: this.receiving,
      line: lineTo(
        () => up2,
        (message) => message,
      ),
    }
    const up2: { files: Files; line: Line } = {
      files: this.sending,
      line: lineTo(
        () => down,
        (message) => this.change(message),
      ),
    }
    this.#lines = [down, up2]
    this.sending.opened(up2.line)
    this.receiving.opened(down.line)
  }

  cut(): void {
    this.#lines[0]?.line.close()
  }

  async until(event: string): Promise<void> {
    await vi.waitFor(() => expect(this.events).toContain(event), { timeout: 5_000, interval: 1 })
  }
}

test('a folder arrives whole', async () => {
  const wire = new Wire()
  wire.connect()
  await wire.until('receiver: root of 32')
  await wire.until('sender: done')
  const received = await wire.landing.received()
  expect(received?.entries.map(({ path }) => path)).toEqual([
    'walk/deep/small.txt',
    'walk/empty',
    'walk/large.bin',
    'walk/none',
  ])
  expect(await received?.blob(0, '').text()).toBe('small')
  const large = new Uint8Array((await received?.blob(2, '').arrayBuffer()) ?? new ArrayBuffer(0))
  expect(Buffer.compare(large, content(900_001))).toBe(0)
})

test('XFER8, XFER12: a break costs what was on its way, and no more', async () => {
  const wire = new Wire()
  const pieces: number[] = []
  wire.change = (message) => {
    if (message.case === 'piece') pieces.push(message.value.data.length)
    if (message.case === 'piece' && pieces.length === 30) wire.cut()
    return message
  }
  wire.connect()
  await vi.waitFor(() => expect(pieces.length).toBeGreaterThanOrEqual(30))
  const keptBytes = await vi.waitFor(() => {
    expect(wire.doneBytes).toBeGreaterThan(0)
    return wire.doneBytes
  })
  wire.connect()
  await wire.until('sender: done')
  expect(wire.sending.sentBytes).toBeLessThanOrEqual(900_006 + 30 * 16_384 - keptBytes)
})

test('XFER5, XFER11: a damaged chunk closes the line and arrives over the next', async () => {
  const wire = new Wire()
  let damaged = 0
  wire.change = (message) => {
    if (message.case === 'piece' && damaged++ === 0) {
      const data = message.value.data.slice()
      data[0] = (data[0] ?? 0) ^ 1
      return { case: 'piece', value: { ...message.value, data } }
    }
    return message
  }
  wire.connect()
  await vi.waitFor(() => expect(wire.cuts).toBe(1))
  wire.connect()
  await wire.until('sender: done')
  const large = await (await wire.landing.received())?.blob(2, '').arrayBuffer()
  expect(Buffer.compare(new Uint8Array(large ?? new ArrayBuffer(0)), content(900_001))).toBe(0)
})

test('a file that cannot be read any more stops both', async () => {
  const source = folder()
  const broken: Source = { manifest: source.manifest, read: () => Promise.reject(new Error('gone')) }
  const wire = new Wire(broken)
  wire.connect()
  await wire.until('sender: 3')
  await wire.until('receiver: transfers.changedThere')
})

test('XFER15: no room: both hear it', async () => {
  const landing = new MemoryLanding()
  landing.write = () => Promise.reject(new Error('transfers.diskFull'))
  const wire = new Wire(folder(), landing)
  wire.connect()
  await wire.until('receiver: transfers.diskFull')
  await wire.until('sender: 2')
})

test('XFER14: a limited sender goes on when its time has come', async () => {
  const wire = new Wire(folder(), new MemoryLanding(), 500_000)
  wire.connect()
  await vi.waitFor(() => expect(wire.sending.sentBytes).toBeGreaterThan(0))
  expect(wire.sending.sentBytes).toBeLessThan(200_000)
  await vi.waitFor(
    () => {
      wire.clock.advance(100)
      expect(wire.events).toContain('sender: done')
    },
    { timeout: 5_000, interval: 1 },
  )
})

test.each([new ArrayBuffer(16 * 1024 + 65), 'text', new Uint8Array([0xff, 0xff]).buffer])(
  'XFER11: what is no message is refused',
  (data) => {
    expect(() => decode(data)).toThrow('not a message')
  },
)
