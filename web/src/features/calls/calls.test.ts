import { get, writable, type Writable } from 'svelte/store'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeContext } from '../../model/testing/feature-context'
import { CallChangedSchema, Calls as CallsService, Outcome, State, type Call } from '../../schema/calls_pb'
import { NO_STATS, type Peers, type PeerSessionOptions, type PeerStatus } from '../peers/api'
import { Calls } from './calls'

/** A media stream as far as the controller needs one. */
class FakeTrack {
  enabled = true
  stopped = false
  constructor(readonly kind: string) {}
  stop(): void {
    this.stopped = true
  }
}
class FakeStream {
  readonly tracks: FakeTrack[]
  constructor(tracks: FakeTrack[] = []) {
    this.tracks = tracks
  }
  getTracks = (): FakeTrack[] => this.tracks
  getAudioTracks = (): FakeTrack[] => this.tracks.filter(({ kind }) => kind === 'audio')
  getVideoTracks = (): FakeTrack[] => this.tracks.filter(({ kind }) => kind === 'video')
}

interface Opened extends PeerSessionOptions {
  status: Writable<PeerStatus>
  closed: boolean
}

function setUp(device = 'here', { camera = true, microphone = true, lock = true } = {}) {
  const context = new FakeContext('me', device)
  const opened: Opened[] = []
  const streams: FakeStream[] = []
  const released: string[] = []
  const peers = {
    open: (options: PeerSessionOptions) => {
      const path: Opened = {
        ...options,
        status: writable({ phase: 'connecting', ...NO_STATS }),
        closed: false,
      }
      opened.push(path)
      return Object.assign(path, { connection: null, close: () => (path.closed = true) })
    },
  } as unknown as Peers
  const devices = {
    getUserMedia: ({ video }: MediaStreamConstraints) => {
      if (!microphone || (video && !camera)) return Promise.reject(new DOMException('', 'NotFoundError'))
      const stream = new FakeStream([new FakeTrack('audio'), ...(video ? [new FakeTrack('video')] : [])])
      streams.push(stream)
      return Promise.resolve(stream as unknown as MediaStream)
    },
  }
  const claim = (call: string) => Promise.resolve(lock ? () => void released.push(call) : null)
  const calls = new Calls({ context, peers, devices, claim })
  const say = (changes: Partial<Call>): void => context.notice(CallChangedSchema, { call: wire(changes) })
  return { context, opened, streams, released, calls, say, view: () => get(calls.view) }
}

function wire(changes: Partial<Call>): Call {
  const state = {
    state: State.RINGING,
    outcome: Outcome.UNSPECIFIED,
    startedAtMs: 1n,
    answeredAtMs: 0n,
    endedAtMs: 0n,
  }
  const who = { caller: 'me', callee: 'them', callerDevice: 'here', calleeDevice: '' }
  return {
    $typeName: 'hutong.calls.Call',
    call: 'c1',
    log: 'chat:1',
    video: false,
    ...who,
    ...state,
    ...changes,
  }
}
const incoming = { caller: 'them', callee: 'me', callerDevice: 'there' }
const answered = { state: State.ACTIVE, calleeDevice: 'there', answeredAtMs: 2n }

const settle = () => vi.waitFor(() => Promise.resolve(), 10)
async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true))
}

beforeEach(() => {
  vi.stubGlobal('MediaStream', FakeStream)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('an outgoing call: rings, opens its path as the offerer, is hung up', async () => {
  const { context, calls, opened, streams, released, say, view } = setUp()
  context.answer(CallsService.method.start, () => ({ call: wire({}) }))
  context.answer(CallsService.method.hangUp, () => ({}))
  calls.start('chat:1', 'them', false)
  await until(() => view().call === 'c1')
  expect(opened).toHaveLength(0)
  say(answered)
  expect(opened).toMatchObject([{ session: 'c1', offerer: true, again: false }])
  opened[0]?.status.set({ phase: 'connected', ...NO_STATS, path: 'direct', concealed: 0.1 })
  expect(view()).toMatchObject({ phase: 'active', path: 'direct', quality: 'poor', qualityCause: 'gaps' })
  calls.hangUp()
  expect(view()).toMatchObject({ phase: 'ended', outcome: 'completed' })
  expect(opened[0]?.closed).toBe(true)
  expect(streams[0]?.tracks.every(({ stopped }) => stopped)).toBe(true)
  await until(() => released.includes('c1'))
  expect(context.called).toEqual(['Start', 'HangUp'])
  context.clock.advance(60_000)
  expect(view().phase).toBe('idle')
})

test('CALL6: no microphone: nobody is rung, and the reason is said', async () => {
  const { context, calls, view } = setUp('here', { microphone: false })
  calls.start('chat:1', 'them', true)
  await until(() => view().phase === 'ended')
  expect(view().error).toBe('calls.noMicrophone')
  expect(context.called).toEqual([])
  // What went wrong stands until it was read.
  context.clock.advance(60_000)
  expect(view().phase).toBe('ended')
  calls.dismiss()
  expect(view().phase).toBe('idle')
})

test('no camera: a voice call, and it says so', async () => {
  const { context, calls, view } = setUp('here', { camera: false })
  context.answer(CallsService.method.start, () => ({ call: wire({ video: true }) }))
  calls.start('chat:1', 'them', true)
  await until(() => view().call === 'c1')
  expect(view()).toMatchObject({ cameraOff: true, notice: 'calls.noCamera', phase: 'calling' })
})

test('hung up while the server was still thinking: its late call is ended', async () => {
  const { context, calls } = setUp()
  let name: (call: { call: Call }) => void = () => undefined
  context.answer(CallsService.method.start, () => new Promise((resolve) => (name = resolve)))
  const ended: unknown[] = []
  context.answer(CallsService.method.hangUp, (request) => {
    ended.push(request.call)
    return {}
  })
  calls.start('chat:1', 'them', false)
  await until(() => context.called.includes('Start'))
  calls.hangUp()
  name({ call: wire({}) })
  await until(() => ended.length === 1)
  expect(ended).toEqual(['c1'])
})

test('an incoming call is answered as the answerer', async () => {
  const { context, calls, opened, say, view } = setUp()
  const active = { ...incoming, ...answered, calleeDevice: 'here' }
  context.answer(CallsService.method.accept, () => ({ call: wire(active) }))
  say(incoming)
  expect(view()).toMatchObject({ phase: 'ringing', peer: 'them' })
  calls.accept(false)
  say(active) // the notice may be faster than the reply
  await until(() => opened.length === 1)
  expect(opened).toMatchObject([{ session: 'c1', offerer: false }])
  await settle()
  expect(opened).toHaveLength(1)
})

test('PEER11: a reload during the call: rejoins, then opens the path again', async () => {
  const { context, opened, view } = setUp()
  const order: string[] = []
  context.answer(CallsService.method.current, () => ({ call: wire(answered) }))
  context.answer(CallsService.method.rejoin, () => {
    order.push(`rejoin, ${opened.length} paths`)
    return { call: wire(answered) }
  })
  context.link.set('online')
  await until(() => opened.length === 1)
  expect(order).toEqual(['rejoin, 0 paths'])
  expect(opened).toMatchObject([{ session: 'c1', offerer: true, again: true }])
  expect(view()).toMatchObject({ phase: 'connecting', startedAtMs: 2 })
})

test('CALL7: another window of this browser has the call: this one stays out of it', async () => {
  const { context, opened, view } = setUp('here', { lock: false })
  context.answer(CallsService.method.current, () => ({ call: wire(answered) }))
  context.link.set('online')
  await settle()
  await settle()
  expect(view().phase).toBe('idle')
  expect(opened).toHaveLength(0)
})

test('the link comes back and the call is gone meanwhile', async () => {
  const { context, calls, say, view } = setUp()
  context.answer(CallsService.method.start, () => ({ call: wire({}) }))
  context.answer(CallsService.method.current, () => ({}))
  calls.start('chat:1', 'them', false)
  await until(() => view().call === 'c1')
  say(answered)
  context.link.set('online')
  await until(() => view().phase === 'ended')
})

test('CALL8: no path opens: it is given up and the server is told', async () => {
  const { context, calls, say, view } = setUp()
  context.answer(CallsService.method.start, () => ({ call: wire({}) }))
  context.answer(CallsService.method.hangUp, () => ({}))
  calls.start('chat:1', 'them', false)
  await until(() => view().call === 'c1')
  say(answered)
  context.clock.advance(39_000)
  expect(view().phase).toBe('connecting')
  context.clock.advance(2_000)
  expect(view()).toMatchObject({ phase: 'ended', error: 'calls.noPath' })
  await until(() => context.called.includes('HangUp'))
})

test('PEER5: the server forgot the session: we rejoin; when it forgot the call too, it is over', async () => {
  const { context, calls, opened, say, view } = setUp()
  context.answer(CallsService.method.start, () => ({ call: wire({}) }))
  context.answer(CallsService.method.rejoin, () => ({ call: wire(answered) }))
  calls.start('chat:1', 'them', false)
  await until(() => view().call === 'c1')
  say(answered)
  opened[0]?.status.set({ phase: 'connected', ...NO_STATS })
  expect(await opened[0]?.revive()).toBe(true)
  expect(view().phase).toBe('active')
  context.answer(CallsService.method.rejoin, () => {
    throw new Error('This call is over.')
  })
  context.answer(CallsService.method.current, () => ({}))
  expect(await opened[0]?.revive()).toBe(false)
  opened[0]?.status.set({ phase: 'gone', ...NO_STATS })
  await until(() => view().phase === 'ended')
})

test('muting is of the track; signing out ends everything', async () => {
  const { context, calls, streams, view } = setUp()
  context.answer(CallsService.method.start, () => ({ call: wire({}) }))
  calls.start('chat:1', 'them', false)
  await until(() => view().call === 'c1')
  calls.setMuted(true)
  expect(streams[0]?.tracks[0]?.enabled).toBe(false)
  expect(view().muted).toBe(true)
  context.session.set(null)
  expect(view().phase).toBe('idle')
  expect(streams[0]?.tracks[0]?.stopped).toBe(true)
})
