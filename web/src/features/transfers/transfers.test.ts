import { create } from '@bufbuild/protobuf'
import { get, writable, type Writable } from 'svelte/store'
import { expect, test, vi } from 'vitest'
import { FakeContext } from '../../model/testing/feature-context'
import { Path } from '../../schema/peers_pb'
import {
  Result,
  TransferAcceptedSchema,
  TransferEndedSchema,
  TransferOfferedSchema,
  Transfers as TransfersService,
} from '../../schema/transfers_pb'
import { NO_STATS, type Peers, type PeerSessionOptions, type PeerStatus } from '../peers/api'
import { memoryFiles } from './landing'
import { AUTO_ACCEPT_BYTES_MAX, Transfers } from './transfers'
import type { Picked } from './source'
import type { Transfer } from './types'

/** Enough of a data channel: what one end sends the other hears. */
class FakeChannel extends EventTarget {
  readonly label = 'transfer'
  readonly protocol = 'hutong.transfer.2'
  binaryType = 'arraybuffer'
  bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  readyState = 'connecting'
  other: FakeChannel | null = null

  static pair(): [FakeChannel, FakeChannel] {
    const [one, other] = [new FakeChannel(), new FakeChannel()]
    one.other = other
    other.other = one
    return [one, other]
  }
  open(): void {
    this.readyState = 'open'
    this.dispatchEvent(new Event('open'))
  }
  send(bytes: Uint8Array): void {
    const data = bytes.slice().buffer
    queueMicrotask(() => this.other?.hear(data))
  }
  hear(data: ArrayBuffer): void {
    if (this.readyState === 'open') this.dispatchEvent(new MessageEvent('message', { data }))
  }
  close(): void {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    this.dispatchEvent(new Event('close'))
    this.other?.close()
  }
}

interface Opened extends PeerSessionOptions {
  status: Writable<PeerStatus>
  connection: { channel: FakeChannel | null } & EventTarget
  closed: boolean
  rebuilt: number
}

/** One device's transfers; its paths are opened by the test. */
function device(user: string, name: string, kept = new Map<string, unknown>(), visible = true) {
  const context = new FakeContext(user, name, kept)
  const opened: Opened[] = []
  const known = new Set<string>()
  const peers = {
    free: 8,
    exists: (session: string) => Promise.resolve(known.has(session)),
    open: (options: PeerSessionOptions) => {
      const channel: { channel: FakeChannel | null } = { channel: null }
      const connection = Object.assign(new EventTarget(), channel, {
        createDataChannel: () => {
          const [mine] = FakeChannel.pair()
          connection.channel = mine
          return mine
        },
      })
      const path = {
        ...options,
        status: writable<PeerStatus>({ phase: 'connecting', ...NO_STATS }),
        connection,
      }
      const session = Object.assign(path, {
        closed: false,
        close: () => {
          session.closed = true
          connection.channel?.close()
        },
        readPath: () => Promise.resolve('direct' as const),
        rebuilt: 0,
        rebuild: () => {
          session.rebuilt += 1
        },
      })
      opened.push(session)
      return session
    },
  }
  const transfers = new Transfers({
    context,
    peers: peers as unknown as Peers,
    files: memoryFiles,
    claim: () => Promise.resolve(() => undefined),
    visible: () => visible,
  })
  const shown = (transfer = 't1') => get(transfers.progress(transfer))
  return { context, transfers, opened, known, shown, kept }
}

/** Ties the newest paths of the two together, as ICE would. */
function connect(sender: Opened | undefined, receiver: Opened | undefined): void {
  if (sender === undefined || receiver === undefined) throw new Error('one has no path')
  sender.prepare(sender.connection as unknown as RTCPeerConnection)
  receiver.prepare(receiver.connection as unknown as RTCPeerConnection)
  const [mine, theirs] = [sender.connection.channel, sender.connection.channel?.other]
  if (!mine || !theirs) throw new Error('the sender made no channel')
  receiver.connection.channel = theirs
  theirs.open()
  receiver.connection.dispatchEvent(Object.assign(new Event('datachannel'), { channel: theirs }))
  mine.open()
  for (const { status } of [sender, receiver]) status.set({ phase: 'connected', ...NO_STATS, path: 'direct' })
}

const BYTES = Uint8Array.from({ length: 700_000 }, (_, index) => (index * 13) & 255)
const file = () => new File([BYTES], 'a.bin', { type: 'text/plain' })
const picked = (each = file()): Picked => ({ files: [{ path: each.name, file: each }], folders: [] })
const offer: Transfer = {
  transfer: 't1',
  name: 'a.bin',
  sizeBytes: BYTES.length,
  mediaType: 'text/plain',
  files: 0,
  senderDevice: 'S',
  result: '',
  path: 'unknown',
  blob: '',
}
const offered = create(TransferOfferedSchema, {
  transfer: 't1',
  name: 'a.bin',
  sizeBytes: BigInt(BYTES.length),
  mediaType: 'text/plain',
  senderDevice: 'S',
})
const accepted = { transfer: 't1', senderDevice: 'S', receiverDevice: 'R' }
const settle = () => new Promise((resolve) => setTimeout(resolve, 5))
const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 5_000, interval: 2 })

async function offering(receiverOnline = true) {
  const sender = device('them', 'S')
  sender.context.answer(TransfersService.method.offer, () => ({ transfer: 't1', seq: 1, receiverOnline }))
  sender.context.answer(TransfersService.method.store, () => ({}))
  sender.context.answer(TransfersService.method.cancel, () => ({}))
  await sender.transfers.offer('chat:1', picked())
  return sender
}

function receiving(kept?: Map<string, unknown>) {
  const receiver = device('me', 'R', kept)
  const finished: { path: Path; sha256: number }[] = []
  receiver.context.answer(TransfersService.method.accept, () => ({ senderDevice: 'S' }))
  receiver.context.answer(TransfersService.method.finish, ({ path, sha256 }) => {
    finished.push({ path: path ?? Path.UNKNOWN, sha256: sha256?.length ?? 0 })
    return {}
  })
  return { ...receiver, finished }
}

test('TRANSFER6: handed over: offered, accepted, sent, verified, told to the server, kept to be saved', async () => {
  const sender = await offering()
  const receiver = receiving()
  expect(sender.shown().phase).toBe('waiting')
  await receiver.transfers.accept('chat:1', offer)
  sender.context.notice(TransferAcceptedSchema, accepted)
  expect(sender.opened).toMatchObject([{ session: 't1', offerer: true, again: false }])
  expect(receiver.opened).toMatchObject([{ session: 't1', offerer: false, again: false }])
  connect(sender.opened[0], receiver.opened[0])
  await until(() => receiver.shown().phase === 'received')
  expect(receiver.finished).toEqual([{ path: Path.DIRECT, sha256: 32 }])
  expect(sender.shown()).toMatchObject({ phase: 'verifying', doneBytes: BYTES.length })
  for (const each of [sender, receiver])
    each.context.event(TransferEndedSchema, { transfer: 't1', result: Result.DELIVERED, path: Path.DIRECT })
  await until(() => sender.shown().phase === 'none')
  expect(sender.opened[0]?.closed).toBe(true)
  const blob = (await receiver.transfers.received('t1'))?.blob(0, 'text/plain')
  expect(Buffer.compare(new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0)), BYTES)).toBe(0)
  expect(sender.kept.size).toBe(0)
})

test('TRANSFER6: what becomes of the path while the server is told that all is here takes nothing of it', async () => {
  const sender = await offering()
  const receiver = receiving()
  let told = (): void => undefined
  receiver.context.answer(
    TransfersService.method.finish,
    () => new Promise((resolve) => (told = () => resolve({}))),
  )
  await receiver.transfers.accept('chat:1', offer)
  sender.context.notice(TransferAcceptedSchema, accepted)
  connect(sender.opened[0], receiver.opened[0])
  await until(() => receiver.context.called.includes('Finish'))
  await until(() => sender.opened[0]?.closed)
  receiver.opened[0]?.status.set({ phase: 'interrupted', ...NO_STATS })
  receiver.opened[0]?.status.set({ phase: 'gone', ...NO_STATS })
  await settle()
  expect(receiver.shown().phase).toBe('verifying')
  told()
  await until(() => receiver.shown().phase === 'received')
  expect((await receiver.transfers.received('t1'))?.blob(0, '').size).toBe(BYTES.length)
})

test('XFER2: a folder is one offer, arrives as one, and is not stored when the receiver is away', async () => {
  const files = ['walk/a.bin', 'walk/deep/b.bin'].map((path) => ({ path, file: file() }))
  const sender = device('them', 'S')
  sender.context.answer(TransfersService.method.offer, (request) => {
    expect(request).toMatchObject({ name: 'walk', files: 3, sizeBytes: BigInt(2 * BYTES.length) })
    return { transfer: 't1', seq: 1, receiverOnline: false }
  })
  await sender.transfers.offer('chat:1', { files, folders: ['walk/none'] })
  expect(sender.shown()).toMatchObject({ phase: 'waiting', listed: [{}, {}, {}] })
  const receiver = receiving()
  await receiver.transfers.accept('chat:1', { ...offer, files: 3, sizeBytes: 2 * BYTES.length })
  sender.context.notice(TransferAcceptedSchema, accepted)
  connect(sender.opened[0], receiver.opened[0])
  await until(() => receiver.shown().phase === 'received')
  const received = await receiver.transfers.received('t1')
  expect(received?.entries.map(({ path }) => path)).toEqual(['walk/a.bin', 'walk/deep/b.bin', 'walk/none'])
  expect(received?.blob(1, '').size).toBe(BYTES.length)
  expect(sender.context.called).not.toContain('Store')
})

test('another manifest than was offered is not taken', async () => {
  const sender = await offering()
  const receiver = receiving()
  await receiver.transfers.accept('chat:1', { ...offer, sizeBytes: 1 })
  sender.context.notice(TransferAcceptedSchema, accepted)
  connect(sender.opened[0], receiver.opened[0])
  await until(() => receiver.shown().phase === 'failed')
  expect(receiver.shown().error).toBe('transfers.notOffered')
  expect(receiver.finished).toEqual([])
})

test('taken before the answer to the offer was here: sent all the same', async () => {
  const sender = device('them', 'S')
  sender.context.answer(TransfersService.method.offer, () => {
    sender.context.notice(TransferAcceptedSchema, accepted)
    return { transfer: 't1', seq: 1, receiverOnline: true }
  })
  await sender.transfers.offer('chat:1', picked())
  expect(sender.opened).toMatchObject([{ session: 't1', offerer: true }])
  expect(sender.shown().phase).toBe('connecting')
})

test('TRANSFER7: the receiver is away: stored at once', async () => {
  const sender = await offering(false)
  await until(() => sender.context.called.includes('Store'))
  expect(sender.opened).toHaveLength(0)
})

test('TRANSFER7: no data channel within twelve seconds of the acceptance: stored', async () => {
  const sender = await offering()
  sender.context.notice(TransferAcceptedSchema, accepted)
  sender.context.clock.advance(11_000)
  expect(sender.shown().phase).toBe('connecting')
  sender.context.clock.advance(1_500)
  expect(sender.shown().phase).toBe('storing')
  await until(() => sender.context.called.includes('Store'))
  expect(sender.opened[0]?.closed).toBe(true)
})

test('TRANSFER7: a path that breaks for fifteen seconds: stored; one that comes back in time goes on', async () => {
  const sender = await offering()
  sender.context.notice(TransferAcceptedSchema, accepted)
  const [path] = sender.opened
  const [mine] = [
    path?.prepare(path.connection as unknown as RTCPeerConnection),
    path?.connection.channel,
  ].slice(1)
  mine?.open()
  path?.status.set({ phase: 'connected', ...NO_STATS })
  sender.context.clock.advance(60_000)
  path?.status.set({ phase: 'interrupted', ...NO_STATS })
  expect(sender.shown().phase).toBe('interrupted')
  sender.context.clock.advance(14_000)
  path?.status.set({ phase: 'connected', ...NO_STATS })
  sender.context.clock.advance(60_000)
  expect(sender.context.called).not.toContain('Store')
  path?.status.set({ phase: 'interrupted', ...NO_STATS })
  sender.context.clock.advance(15_000)
  await until(() => sender.context.called.includes('Store'))
})

test('an upload that fails is said, and can be tried again', async () => {
  const sender = await offering()
  sender.context.files.upload = () => Promise.reject(new Error('The server is full.'))
  await sender.transfers.storeInstead('t1')
  expect(sender.shown()).toMatchObject({ phase: 'failed', error: 'The server is full.' })
  sender.context.files.upload = () => Promise.resolve('blob')
  await sender.transfers.storeInstead('t1')
  await until(() => sender.context.called.includes('Store'))
})

test('the acceptance was missed while the link was down: found when it is back', async () => {
  const sender = await offering()
  sender.context.link.set('online')
  await settle()
  expect(sender.opened).toHaveLength(0)
  sender.context.link.set('offline')
  sender.known.add('t1')
  sender.context.link.set('online')
  await until(() => sender.opened.length === 1)
})

test('the sender reloads: asks for the file again, refuses another, and goes on with the right one', async () => {
  const { kept } = await offering()
  const sender = device('them', 'S', kept)
  sender.known.add('t1')
  sender.context.link.set('online')
  await until(() => sender.shown().phase === 'needsFile')
  await sender.transfers.giveFiles('t1', picked(new File(['other'], 'b.bin')))
  expect(sender.shown()).toMatchObject({ phase: 'needsFile', error: 'transfers.otherFile' })
  await sender.transfers.giveFiles('t1', picked())
  expect(sender.opened).toMatchObject([{ session: 't1', offerer: true, again: true }])
})

test('the receiver reloads: its path asks for a new offer; one that ended meanwhile is forgotten', async () => {
  const before = receiving()
  await before.transfers.accept('chat:1', offer)
  const after = receiving(before.kept)
  after.context.link.set('online')
  await until(() => after.opened.length === 1)
  expect(after.opened).toMatchObject([{ again: true }])

  const later = receiving(before.kept)
  later.context.event(TransferEndedSchema, { transfer: 't1', result: Result.CANCELLED })
  later.context.link.set('online')
  await until(() => later.kept.size === 0)
  expect(later.opened).toHaveLength(0)
})

test('verified, and reloaded before the server was told: tells it now', async () => {
  const record = { direction: 'in', log: 'chat:1', createdAtMs: 1, ...offer, sha256: new Uint8Array(32) }
  const receiver = receiving(new Map([['t1', record]]))
  receiver.context.link.set('online')
  await until(() => receiver.finished.length === 1)
  expect(receiver.opened).toHaveLength(0)
})

test('cancelled by the other side: the path closes and nothing stays', async () => {
  const receiver = receiving()
  await receiver.transfers.accept('chat:1', offer)
  receiver.context.event(TransferEndedSchema, { transfer: 't1', result: Result.CANCELLED })
  await until(() => receiver.kept.size === 0)
  expect(receiver.opened[0]?.closed).toBe(true)
  expect(receiver.shown().phase).toBe('none')
})

test('taken on another device: said here', () => {
  const receiver = receiving()
  receiver.context.notice(TransferAcceptedSchema, { ...accepted, receiverDevice: 'phone' })
  expect(receiver.shown().phase).toBe('elsewhere')
})

test('TRANSFER8: small, fresh, and somebody is looking: taken without asking', async () => {
  const receiver = receiving()
  receiver.context.event(TransferOfferedSchema, offered)
  await until(() => receiver.opened.length === 1)
})

test.each([
  ['my own offer', { author: 'me' }, {}, true],
  ['a large file', {}, { sizeBytes: BigInt(AUTO_ACCEPT_BYTES_MAX + 1) }, true],
  ['an old offer', { atMs: 1 }, {}, true],
  ['nobody looks', {}, {}, false],
])('asks first: %s', async (_why, event, changes, visible) => {
  const receiver = device('me', 'R', new Map(), visible)
  receiver.context.event(TransferOfferedSchema, { ...offered, ...changes }, event)
  await settle()
  expect(receiver.context.called).toEqual([])
})

test('an accept the server refuses is said and leaves nothing behind', async () => {
  const receiver = device('me', 'R')
  receiver.context.answer(TransfersService.method.accept, () => {
    throw new Error('This file was taken on another device.')
  })
  await receiver.transfers.accept('chat:1', offer)
  expect(receiver.shown()).toMatchObject({ phase: 'failed', error: 'This file was taken on another device.' })
  expect(receiver.kept.size).toBe(0)
  expect(receiver.opened).toHaveLength(0)
})

test('nothing arrives on a path that looks whole: a new one is made, once', async () => {
  const sender = await offering()
  sender.context.notice(TransferAcceptedSchema, accepted)
  const [path] = sender.opened
  path?.status.set({ phase: 'connected', ...NO_STATS })
  sender.context.clock.advance(19_000)
  expect(path?.rebuilt).toBe(0)
  sender.context.clock.advance(60_000)
  expect(path?.rebuilt).toBe(1)
})
