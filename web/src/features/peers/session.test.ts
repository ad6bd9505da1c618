import { get } from 'svelte/store'
import { expect, test } from 'vitest'
import { ManualClock } from '../../model/testing/feature-context'
import type { Signal } from '../../schema/peers_pb'
import type { Numbered } from './mailbox'
import { PeerSession } from './session'
import { FakeConnection } from './testing/fake-connection'

/** The server's two mailboxes; `deliver` is whether it pushes what is said. */
class Mailboxes {
  readonly said: [Numbered<Signal>[], Numbered<Signal>[]] = [[], []]
  readonly sessions: [PeerSession | null, PeerSession | null] = [null, null]
  deliver = true
  names = 0

  open(side: 0 | 1, again = false): { session: PeerSession; connections: FakeConnection[] } {
    const connections: FakeConnection[] = []
    this.sessions[side] = null
    const session = new PeerSession(
      {
        session: 's',
        offerer: side === 0,
        again,
        prepare: () => undefined,
        revive: () => Promise.resolve(false),
      },
      {
        clock: new ManualClock(),
        iceServers: () => Promise.resolve([]),
        newName: () => `c${++this.names}`,
        newConnection: () => {
          const connection = new FakeConnection()
          connection.need()
          connections.push(connection)
          return connection as unknown as RTCPeerConnection
        },
        transport: {
          say: (_session, signal) => {
            const item = { number: this.said[side].length + 1, signal }
            this.said[side].push(item)
            if (this.deliver) this.sessions[side === 0 ? 1 : 0]?.receive(item)
            return Promise.resolve()
          },
          fetch: (_session, after) =>
            Promise.resolve(this.said[side === 0 ? 1 : 0].filter(({ number }) => number > after)),
        },
      },
    )
    this.sessions[side] = session
    return { session, connections }
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5))

function together(one: FakeConnection | undefined, other: FakeConnection | undefined): void {
  expect([one?.peer, other?.peer]).toEqual([other?.id, one?.id])
  expect([one?.signalingState, other?.signalingState]).toEqual(['stable', 'stable'])
}

test('the answerer comes later: the offer that waits is for its first and only connection', async () => {
  const mailboxes = new Mailboxes()
  const caller = mailboxes.open(0)
  await settle()
  const callee = mailboxes.open(1)
  await settle()
  expect([caller.connections.length, callee.connections.length]).toEqual([1, 1])
  together(caller.connections[0], callee.connections[0])
})

test('the offerer comes later', async () => {
  const mailboxes = new Mailboxes()
  const callee = mailboxes.open(1)
  await settle()
  const caller = mailboxes.open(0)
  await settle()
  together(caller.connections[0], callee.connections[0])
})

test.each([0, 1] as const)('side %i reloads', async (side) => {
  const mailboxes = new Mailboxes()
  const pair = [mailboxes.open(0), mailboxes.open(1)]
  await settle()
  pair[side]?.session.close()
  pair[side] = mailboxes.open(side, true)
  await settle()
  together(pair[0]?.connections.at(-1), pair[1]?.connections.at(-1))
})

test('no push arrives: after a reconnect everything is fetched', async () => {
  const mailboxes = new Mailboxes()
  mailboxes.deliver = false
  const pair = [mailboxes.open(0), mailboxes.open(1)]
  for (let round = 0; round < 4; round++) {
    await settle()
    for (const { session } of pair) session.resync()
  }
  together(pair[0]?.connections[0], pair[1]?.connections[0])
})

test('the phases a person sees', async () => {
  const mailboxes = new Mailboxes()
  const caller = mailboxes.open(0)
  mailboxes.open(1)
  await settle()
  const phases: string[] = []
  caller.session.status.subscribe(({ phase }) => phases.push(phase))
  const becomes = (state: RTCPeerConnectionState): void => {
    const connection = caller.connections[0]
    if (connection === undefined) return
    connection.connectionState = state
    connection.dispatchEvent(new Event('connectionstatechange'))
  }
  becomes('connecting')
  becomes('connected')
  becomes('disconnected')
  becomes('connected')
  becomes('failed')
  caller.session.close()
  expect(phases).toEqual(['connecting', 'connected', 'interrupted', 'connected', 'interrupted', 'closed'])
  expect(get(caller.session.status).phase).toBe('closed')
  expect(caller.connections[0]?.signalingState).toBe('closed')
})
