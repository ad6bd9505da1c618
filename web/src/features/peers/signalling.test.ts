import { create } from '@bufbuild/protobuf'
import { expect, test, vi } from 'vitest'
import { SignalSchema, type Signal } from '../../schema/peers_pb'
import { RpcError } from '../../model/feature'
import { Signalling, type SignalTransport } from './signalling'

const candidate = (text: string): Signal =>
  create(SignalSchema, { kind: { case: 'candidate', value: { candidate: text } } })
const offer = (sdp: string): Signal =>
  create(SignalSchema, { kind: { case: 'description', value: { type: 'offer', sdp } } })
const name = ({ kind }: Signal): string =>
  kind.case === 'candidate' ? kind.value.candidate : kind.case === 'description' ? kind.value.sdp : '?'

interface Pending {
  signal: Signal
  done: () => void
}

function scripted(history: Signal[] = []) {
  const pending: Pending[] = []
  const fetches: number[] = []
  const transport: SignalTransport = {
    say: (_session, signal) => new Promise((resolve) => pending.push({ signal, done: resolve })),
    fetch: (_session, after) => {
      fetches.push(after)
      const items = history.map((signal, index) => ({ number: index + 1, signal }))
      return Promise.resolve(items.filter(({ number }) => number > after))
    },
  }
  return { pending, fetches, transport, history }
}

function signalling(transport: SignalTransport, skipHistory = false, revive = () => Promise.resolve(false)) {
  const heard: string[] = []
  const onGone = vi.fn()
  const created = new Signalling({
    session: 's',
    transport,
    skipHistory,
    revive,
    onSignal: (signal) => heard.push(name(signal)),
    onGone,
  })
  return { created, heard, onGone }
}

const settle = () => new Promise((resolve) => setTimeout(resolve))

test('PEER6: candidates go side by side, descriptions wait for all before them and hold back all after', async () => {
  const { pending, transport } = scripted()
  const { created } = signalling(transport)
  created.say(offer('o1'))
  created.say(candidate('c1'))
  created.say(candidate('c2'))
  created.say(offer('o2'))
  created.say(candidate('c3'))
  await settle()
  expect(pending.map(({ signal }) => name(signal))).toEqual(['o1'])
  pending[0]?.done()
  await settle()
  expect(pending.map(({ signal }) => name(signal))).toEqual(['o1', 'c1', 'c2'])
  pending[2]?.done()
  await settle()
  expect(pending).toHaveLength(3)
  pending[1]?.done()
  await settle()
  expect(pending.map(({ signal }) => name(signal)).at(-1)).toBe('o2')
})

test('PEER3: a missed push is fetched, in order', async () => {
  const { transport, history, fetches } = scripted()
  const { created, heard } = signalling(transport)
  await created.start()
  history.push(offer('o1'), candidate('c1'), candidate('c2'))
  created.receive({ number: 3, signal: candidate('c2') })
  await settle()
  expect(heard).toEqual(['o1', 'c1', 'c2'])
  expect(fetches).toEqual([0, 0])
})

test('PEER11: after a reload the past is skipped, and a reconnect fetches from there', async () => {
  const { transport, history } = scripted([offer('old')])
  const { created, heard } = signalling(transport, true)
  await created.start()
  expect(heard).toEqual([])
  history.push(offer('new'))
  created.resync()
  await settle()
  expect(heard).toEqual(['new'])
})

test('a session the server refuses is reported once, and is silent after', async () => {
  const { transport, history } = scripted()
  transport.say = () => Promise.reject(new Error('no such session'))
  const { created, heard, onGone } = signalling(transport)
  await created.start()
  created.say(offer('o1'))
  created.say(candidate('c1'))
  await settle()
  expect(onGone).toHaveBeenCalledTimes(1)
  history.push(offer('x'))
  created.receive({ number: 1, signal: offer('x') })
  expect(heard).toEqual([])
})

test('PEER5: the server was restarted: the owner opens the session again, once for all who wait, and nothing is lost', async () => {
  const { transport, history } = scripted([offer('o1')])
  const said: string[] = []
  let known = false
  const refuse = () => Promise.reject(new RpcError('not_found', 'There is no such session.'))
  const fetch = transport.fetch.bind(transport)
  transport.fetch = (session, after) => (known ? fetch(session, after) : refuse())
  transport.say = (_session, signal) => (known ? Promise.resolve(void said.push(name(signal))) : refuse())
  const revive = vi.fn(() => Promise.resolve((known = true)))
  const { created, heard, onGone } = signalling(transport, false, revive)
  created.say(offer('mine'))
  await created.start()
  await settle()
  expect([heard, said, history.length]).toEqual([['o1'], ['mine'], 1])
  expect(revive).toHaveBeenCalledTimes(1)
  expect(onGone).not.toHaveBeenCalled()
})

test('a session that stays forgotten is given up', async () => {
  const { transport } = scripted()
  transport.fetch = () => Promise.reject(new RpcError('not_found', 'There is no such session.'))
  const revive = vi.fn(() => Promise.resolve(true))
  const { created, onGone } = signalling(transport, false, revive)
  await created.start()
  expect(onGone).toHaveBeenCalledTimes(1)
  expect(revive.mock.calls.length).toBeLessThanOrEqual(5)
})
