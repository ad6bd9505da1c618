import { sha256 } from '@noble/hashes/sha2.js'
import { expect, test, vi } from 'vitest'
import { CHUNK_BYTES_MAX, ChannelError, decode, encode } from './channel'
import { Receiving } from './receive'
import { fileSource, Sending, WINDOW_BYTES, type Source } from './send'
import { MemorySink, type Sink } from './sink'

const settle = () => new Promise((resolve) => setTimeout(resolve))

function content(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 255)
}

/** A sender and a receiver with a wire between them that can be cut, held back, or changed. */
class Wire {
  readonly sink: Sink
  readonly sending: Sending
  readonly receiving: Receiving
  readonly events: string[] = []
  readonly progress: number[] = []
  /** Bytes of chunks the sender has put on the wire. */
  sentBytes = 0
  deliver = true
  /** Files still to be changed on the way. */
  tamper = 0
  /** The wire breaks when so many bytes are written down. */
  cutAfterBytes = Infinity
  #up = false

  constructor(file: Source, sizeBytes: number, sink: Sink = new MemorySink()) {
    this.sink = sink
    this.sending = new Sending(file, {
      onProgress: (done) => this.progress.push(done),
      onVerified: () => this.events.push('sender: verified'),
      onFailed: (reason) => this.events.push(`sender: ${reason}`),
    })
    this.receiving = new Receiving(sink, sizeBytes, {
      onProgress: (done) => {
        if (done >= this.cutAfterBytes) this.cut()
      },
      onVerifying: () => undefined,
      onVerified: (digest) => this.events.push(`receiver: ${digest.length} bytes of hash`),
      onDifferent: () => this.events.push('receiver: different'),
      onFailed: (error) => this.events.push(`receiver: ${(error as Error).name}`),
    })
  }

  connect(): void {
    this.#up = true
    this.sending.attach({
      bufferedAmount: 0,
      send: (bytes) => {
        const message = decode(bytes.slice().buffer)
        if (message.case === 'chunk') this.sentBytes += message.value.length
        if (message.case === 'chunk' && this.tamper > 0) message.value[0] = (message.value[0] ?? 0) ^ 1
        if (message.case === 'end') this.tamper -= 1
        if (this.#up && this.deliver) this.receiving.receive(message)
      },
    })
    this.receiving.attach({
      bufferedAmount: 0,
      send: (bytes) => {
        const message = decode(bytes.slice().buffer)
        queueMicrotask(() => {
          if (this.#up) this.sending.receive(message)
        })
      },
    })
  }

  cut(): void {
    this.#up = false
    this.sending.detach()
    this.receiving.detach()
  }

  async until(event: string): Promise<void> {
    await vi.waitFor(() => expect(this.events).toContain(event), { timeout: 5_000, interval: 1 })
  }
}

const fileOf = (bytes: Uint8Array<ArrayBuffer>): Source => fileSource(new Blob([bytes]))

test.each([0, 1, CHUNK_BYTES_MAX, CHUNK_BYTES_MAX + 1, 3_000_001])(
  '%i bytes arrive whole',
  async (length) => {
    const bytes = content(length)
    const wire = new Wire(fileOf(bytes), length)
    wire.connect()
    await wire.until('sender: verified')
    expect(wire.events).toEqual(['receiver: 32 bytes of hash', 'sender: verified'])
    const arrived = await (await wire.sink.blob('')).arrayBuffer()
    expect(sha256(new Uint8Array(arrived))).toEqual(sha256(bytes))
  },
)

test('TRANSFER3: goes on at what the receiver has written down, and sends nothing twice before it', async () => {
  const bytes = content(2_500_000)
  const wire = new Wire(fileOf(bytes), bytes.length)
  wire.cutAfterBytes = 1_000_000
  wire.connect()
  await vi.waitFor(() => expect(wire.sink.sizeBytes).toBe(4 * 256 * 1024), { timeout: 5_000, interval: 1 })
  await settle()
  wire.cutAfterBytes = Infinity
  const [kept, before] = [wire.sink.sizeBytes, wire.sentBytes]
  expect(kept).toBe(4 * 256 * 1024)
  wire.connect()
  await wire.until('sender: verified')
  expect(wire.sentBytes - before).toBe(bytes.length - kept)
  expect(await wire.sink.digest()).toEqual(sha256(bytes))
})

test('TRANSFER4: the sender never runs further ahead than the window', async () => {
  const bytes = content(WINDOW_BYTES + 3_000_000)
  const wire = new Wire(fileOf(bytes), bytes.length)
  wire.deliver = false
  wire.connect()
  await vi.waitFor(() => expect(wire.sentBytes).toBe(WINDOW_BYTES), { timeout: 5_000, interval: 1 })
  await settle()
  await settle()
  expect(wire.sentBytes).toBe(WINDOW_BYTES)
})

test('waits for the buffer of the browser', async () => {
  const channel = { bufferedAmount: 2 ** 24, send: vi.fn() }
  const nothing = () => undefined
  const events = { onProgress: nothing, onVerified: nothing, onFailed: nothing }
  const sending = new Sending(fileOf(content(50_000)), events)
  sending.attach(channel)
  sending.receive({ case: 'ready', value: { offset: 0n } as never })
  await settle()
  expect(channel.send).not.toHaveBeenCalled()
  channel.bufferedAmount = 0
  sending.drained()
  await vi.waitFor(() => expect(channel.send).toHaveBeenCalledTimes(5)) // four chunks and the end
})

test('TRANSFER5: a copy that differs is dropped and asked for once more, then the sender gives up', async () => {
  const wire = new Wire(fileOf(content(100_000)), 100_000)
  wire.tamper = 9
  wire.connect()
  await wire.until('sender: different')
  expect(wire.events.filter((event) => event === 'receiver: different')).toHaveLength(2)
  expect(wire.events).not.toContain('sender: verified')
})

test('TRANSFER5: a copy that differed once is right the second time', async () => {
  const bytes = content(100_000)
  const wire = new Wire(fileOf(bytes), bytes.length)
  wire.tamper = 1
  wire.connect()
  await wire.until('sender: verified')
  expect(await wire.sink.digest()).toEqual(sha256(bytes))
})

test('TRANSFER4: more bytes than were offered end it', async () => {
  const wire = new Wire(fileOf(content(100_000)), 50_000)
  wire.connect()
  await wire.until('receiver: ChannelError')
  expect(wire.sink.sizeBytes).toBeLessThanOrEqual(50_000)
})

test.each([CHUNK_BYTES_MAX, 1])(
  'TRANSFER4: a sender that does not wait is cut off (%i bytes a chunk)',
  async (size) => {
    const never: Sink = Object.assign(new MemorySink(), { write: () => new Promise<void>(() => undefined) })
    const wire = new Wire(fileOf(content(1)), 2 ** 40, never)
    wire.receiving.attach({ bufferedAmount: 0, send: () => undefined })
    for (let count = 0; count < 1_100; count++)
      wire.receiving.receive({ case: 'chunk', value: new Uint8Array(size) })
    await wire.until('receiver: ChannelError')
  },
)

test('a file that shrank or went away is said to be unreadable', async () => {
  const gone: Source = { sizeBytes: 10, read: () => Promise.reject(new Error('gone')) }
  const shrunk: Source = { sizeBytes: 10, read: () => Promise.resolve(new Uint8Array(0)) }
  for (const source of [gone, shrunk]) {
    const wire = new Wire(source, 10)
    wire.connect()
    await wire.until('sender: unreadable')
  }
})

test('TRANSFER9: a receiver that claims more than there is breaks the rules', () => {
  const nothing = () => undefined
  const events = { onProgress: nothing, onVerified: nothing, onFailed: nothing }
  const sending = new Sending(fileOf(content(10)), events)
  sending.attach({ bufferedAmount: 0, send: nothing })
  for (const message of [
    { case: 'ready', value: { offset: 11n } },
    { case: 'receivedBytes', value: 11n },
    { case: 'verified', value: true },
    { case: 'chunk', value: new Uint8Array(1) },
    { case: undefined },
  ])
    expect(() => sending.receive(message as never)).toThrow(ChannelError)
})

test('TRANSFER9: bytes that are no message raise the error of the channel and nothing else', () => {
  for (const data of ['text', null, new ArrayBuffer(40_000), Uint8Array.of(255, 255, 255).buffer])
    expect(() => decode(data)).toThrow(ChannelError)
  expect(decode(encode({ case: 'verified', value: true }).slice().buffer)).toEqual({
    case: 'verified',
    value: true,
  })
})
