import { fromBinary } from '@bufbuild/protobuf'
import { beforeEach, describe, expect, it } from 'vitest'
import { Chat, ListReplySchema, SendReplySchema } from '../schema/chat_pb'
import { Files } from '../schema/files_pb'
import { Identity, ResumeRequestSchema, SessionReplySchema } from '../schema/identity_pb'
import { Code, Goodbye_Reason } from '../schema/link_pb'
import type { Credentials, LinkState } from './contract'
import { Link } from './link'
import { Networks } from './networks'
import { BINDING, ManualClock, ScriptedServer, settled, type ServerEnd } from './testing'

const SESSION = { profile: { user: 'u1', handle: 'lin', name: 'Lin' }, device: 'd1' }
const RESUME = 203
const LINE = 'ws://here/link'
const POST = 'http://here/link'
const signed: Uint8Array[] = []
const credentials: Credentials = {
  device: 'd1',
  sign(message) {
    signed.push(message)
    return Promise.resolve(new Uint8Array([1, 2, 3]))
  },
}

let clock: ManualClock
let server: ScriptedServer
let link: Link
let states: LinkState[]
let revoked: string[]
let seen: string[]
let keys: number
let ways: string[]
let networks: Networks

beforeEach(() => {
  clock = new ManualClock()
  server = new ScriptedServer()
  states = []
  revoked = []
  seen = []
  keys = 0
  ways = [LINE]
  networks = new Networks([], () => undefined)
  signed.length = 0
  link = new Link({
    open: server.open,
    ways: () => ways,
    networks,
    networkKind: () => 'fast',
    clock,
    random: () => 0,
    randomBytes: (length) => new Uint8Array(length).fill(++keys),
    handlers: {
      onState: (state) => states.push(state),
      onSigningIn: () => seen.push('signing in'),
      onUnreachable: (end) => seen.push(`unreachable ${end}`),
      onChallenge: ({ serverName }) => seen.push(`challenge ${serverName}`),
      onResumed: ({ device }) => seen.push(`resumed ${device}`),
      onRevoked: ({ code }) => revoked.push(code),
      onEvents: (events) => seen.push(`events ${events.map(({ seq }) => seq).join()}`),
      onNotices: (notices) => seen.push(`notices ${notices.map(({ kind }) => kind).join()}`),
    },
  })
})

/** Opens the newest connection and signs it in. */
async function resume(end = server.newest): Promise<ServerEnd> {
  await end.challenge()
  const request = end.requests.find(({ method }) => method === RESUME)
  if (request === undefined) throw new Error('no Resume')
  end.reply(request.id, SessionReplySchema, SESSION)
  await settled()
  return end
}

function others(end: ServerEnd) {
  return end.requests.filter(({ method }) => method !== RESUME)
}

describe('signing in', () => {
  it('SEAL14: before the server has spoken only what may be played twice is sent', async () => {
    link.start(credentials)
    const listed = link.call(Chat.method.list, {})
    const sent = link.call(Chat.method.send, { log: 'a' })
    const end = server.newest
    end.open()
    await settled()
    expect(end.requests.map(({ method }) => method)).toEqual([RESUME, 401])
    expect(end.early).toBe(end.messages)
    const early = end.early
    end.greet()
    await settled()
    expect(end.requests.map(({ method }) => method)).toEqual([RESUME, 401, 408])
    expect(end.early).toBe(early)
    link.stop()
    await expect(listed).rejects.toMatchObject({ reason: 'closed' })
    await expect(sent).rejects.toMatchObject({ reason: 'closed' })
  })

  it('SEAL14: what the server calls too early is asked again at once', async () => {
    link.start(credentials)
    const listed = link.call(Chat.method.list, {})
    const end = await resume()
    const error = { code: Code.UNAVAILABLE, reason: 'too_early' }
    end.send({ replies: [{ id: others(end)[0]?.id ?? 0, error }] })
    await settled()
    end.reply(others(end)[1]?.id ?? 0, ListReplySchema, {})
    await expect(listed).resolves.toBeDefined()
  })

  it('SEAL19: another opening on the same connection gets another flight', async () => {
    link.start(credentials)
    void link.call(Chat.method.list, {})
    const end = server.newest
    end.open()
    await settled()
    end.open(new Uint8Array(32).fill(8))
    await settled()
    expect(end.requests.map(({ method }) => method)).toEqual([RESUME, 401, RESUME, 401])
    expect(signed.map((message) => message.at(-1))).toEqual([7, 8])
    end.greet()
    await settled()
    expect(end.requests.length).toBe(4)
  })

  it('SEAL15: signs "hutong resume v2", 0x00 and the binding', async () => {
    link.start(credentials)
    const end = await resume()
    const [message] = signed
    expect(new TextDecoder().decode(message?.slice(0, 17))).toBe('hutong resume v2\0')
    expect(message?.slice(17)).toEqual(BINDING)
    const [request] = end.requests
    expect(fromBinary(ResumeRequestSchema, request?.body ?? new Uint8Array())).toMatchObject({
      device: 'd1',
      signature: new Uint8Array([1, 2, 3]),
    })
    expect(seen).toEqual(['signing in', 'challenge Test', 'resumed d1'])
    expect(states).toEqual(['online'])
  })

  it('CONN7: without a device only public methods are sent', async () => {
    link.start(null)
    await server.newest.challenge()
    await expect(link.call(Chat.method.list, {})).rejects.toMatchObject({ code: 'unauthenticated' })
    const signedUp = link.call(Identity.method.signUp, { handle: 'lin' })
    await settled()
    const [request] = server.newest.requests
    server.newest.reply(request?.id ?? 0, SessionReplySchema, SESSION)
    await expect(signedUp).resolves.toMatchObject({ device: 'd1' })
    // The connection is signed in from here on: no Resume, and everything may be called.
    link.setCredentials(credentials)
    void link.call(Chat.method.list, {})
    await settled()
    expect(server.newest.requests.map(({ method }) => method)).toEqual([201, 401])
  })

  it('CONN7: a connection that came between sign-in and credentials resumes at once', async () => {
    link.start(null)
    await server.newest.challenge()
    link.setCredentials(credentials)
    await settled()
    expect(server.newest.requests.map(({ method }) => method)).toEqual([RESUME])
  })

  it('CONN8: first requests leave together with Resume', async () => {
    link.start(credentials)
    void link.call(Chat.method.list, {})
    await server.newest.challenge()
    expect(server.newest.requests.map(({ method }) => method)).toEqual([RESUME, 401])
  })

  it('CONN9: signing out begins a new connection', async () => {
    link.start(credentials)
    const end = await resume()
    const waiting = link.call(Chat.method.list, {})
    link.clearCredentials()
    await expect(waiting).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(end.closedByClient).toBe(true)
    expect(server.ends.length).toBe(2)
  })

  it('CONN10: a revoked device hears it and does not resume again', async () => {
    link.start(credentials)
    const end = await resume()
    end.send({ goodbye: { reason: Goodbye_Reason.REVOKED } })
    expect(revoked).toEqual(['unauthenticated'])
    await clock.advance(1000)
    await server.newest.challenge()
    expect(server.newest.requests).toEqual([])
  })

  it('a refused Resume is a revoked device; a passing error is a new attempt', async () => {
    link.start(credentials)
    for (const code of [Code.UNAVAILABLE, Code.UNAUTHENTICATED]) {
      await server.newest.challenge()
      server.newest.send({ replies: [{ id: server.newest.requests[0]?.id ?? 0, error: { code } }] })
      await clock.advance(600)
    }
    expect(server.ends.length).toBe(2)
    expect(revoked).toEqual(['unauthenticated'])
  })
})

describe('calls', () => {
  it('CONN12: ids are unique, not 0; replies come in any order', async () => {
    link.start(credentials)
    const end = await resume()
    const first = link.call(Chat.method.send, { log: 'a' })
    const second = link.call(Chat.method.send, { log: 'b' })
    await settled()
    const [a, b] = others(end)
    expect(a?.id).not.toBe(b?.id)
    end.reply(b?.id ?? 0, SendReplySchema, { seq: 2 })
    end.reply(a?.id ?? 0, SendReplySchema, { seq: 1 })
    end.reply(a?.id ?? 0, SendReplySchema, { seq: 9 })
    await expect(first).resolves.toMatchObject({ seq: 1 })
    await expect(second).resolves.toMatchObject({ seq: 2 })
  })

  it('CONN1: what is called in one turn leaves in one message of its class', async () => {
    link.start(credentials)
    const end = await resume()
    const before = end.messages
    for (let index = 0; index < 10; index++) void link.call(Chat.method.list, {})
    await settled()
    expect(end.messages).toBe(before + 1)
    expect(others(end).length).toBe(10)
  })

  it('CONN13: a key only where the schema asks for one; the same on a retry over a new connection', async () => {
    link.start(credentials)
    const first = await resume()
    void link.call(Chat.method.list, {})
    const sent = link.call(Chat.method.send, { log: 'a', content: { kind: { case: 'text', value: 'x' } } })
    await settled()
    const [list, message] = others(first)
    expect(list?.key.length).toBe(0)
    expect(message?.key.length).toBe(16)
    await clock.advance(6000)
    first.close()
    const second = await resume()
    const again = others(second).find(({ method }) => method === 408)
    expect(again?.key).toEqual(message?.key)
    expect(again?.body).toEqual(message?.body)
    second.reply(again?.id ?? 0, SendReplySchema, { seq: 1 })
    await expect(sent).resolves.toMatchObject({ seq: 1 })
  })

  it('CONN14: unavailable is retried after 0.5 s, doubling, with the same key', async () => {
    link.start(credentials)
    const end = await resume()
    void link.call(Chat.method.send, { log: 'a' }, { deadlineMs: Infinity })
    await settled()
    for (const [attempt, waitMs] of [500, 1000, 2000, 4000].entries()) {
      const request = others(end)[attempt]
      end.send({ replies: [{ id: request?.id ?? 0, error: { code: Code.UNAVAILABLE } }] })
      await clock.advance(waitMs - 1)
      expect(others(end).length).toBe(attempt + 1)
      await clock.advance(1)
      expect(others(end).length).toBe(attempt + 2)
      expect(others(end)[attempt + 1]?.key).toEqual(request?.key)
    }
  })

  it('CONN15: deadline_ms is what is left; the caller is told when it is over', async () => {
    link.start(credentials)
    const end = await resume()
    const slow = link.call(Chat.method.list, {}, { deadlineMs: 5000 })
    const rejected = expect(slow).rejects.toMatchObject({ code: 'deadline_exceeded' })
    await settled()
    expect(others(end)[0]?.deadlineMs).toBe(5000)
    await clock.advance(5000)
    await rejected
    end.reply(others(end)[0]?.id ?? 0, ListReplySchema, {}) // late: nothing happens
  })

  it('CONN15: offline, the deadline says so', async () => {
    link.start(credentials)
    const lost = expect(link.call(Chat.method.list, {})).rejects.toMatchObject({ reason: 'offline' })
    await clock.advance(20_000)
    await lost
  })

  it('CONN16: at most 256 are under way', async () => {
    link.start(credentials)
    const end = await resume()
    for (let index = 0; index < 300; index++) void link.call(Chat.method.list, {})
    await settled()
    expect(others(end).length).toBe(256)
    end.reply(others(end)[0]?.id ?? 0, ListReplySchema, {})
    await settled()
    expect(others(end).length).toBe(257)
  })

  it('SEAL13: control, then messages, then bulk', async () => {
    link.start(credentials)
    void link.call(Files.method.write, { upload: 'x' })
    void link.call(Chat.method.list, {})
    void link.call(Chat.method.send, { log: 'a' })
    await server.newest.challenge()
    expect(others(server.newest).map(({ method }) => method)).toEqual([401, 408, 502])
  })

  it('a call can be taken back', async () => {
    link.start(credentials)
    const controller = new AbortController()
    const call = link.call(Chat.method.list, {}, { signal: controller.signal })
    controller.abort()
    await expect(call).rejects.toMatchObject({ reason: 'cancelled' })
    await resume()
    expect(others(server.newest)).toEqual([])
  })

  it('an error carries code, sentence and reason', async () => {
    link.start(credentials)
    const end = await resume()
    const call = link.call(Chat.method.send, { log: 'a' })
    await settled()
    const error = { code: Code.PERMISSION_DENIED, message: 'No.', reason: 'blocked', retryAfterMs: 3 }
    end.send({ replies: [{ id: others(end)[0]?.id ?? 0, error }] })
    const expected = { code: 'permission_denied', message: 'No.', reason: 'blocked', retryAfterMs: 3 }
    await expect(call).rejects.toMatchObject(expected)
  })
})

describe('staying connected', () => {
  it('CONN11: pings when it has sent nothing for heartbeat_s, reconnects without a pong', async () => {
    link.start(credentials)
    const end = await resume()
    await clock.advance(30_000)
    const ping = end.received.at(-1)?.ping ?? 0
    expect(ping).not.toBe(0)
    end.send({ pong: ping })
    await clock.advance(30_000)
    expect(end.received.at(-1)?.ping).toBe(ping + 1)
    expect(server.ends.length).toBe(1)
    await clock.advance(8_000)
    expect(end.closedByClient).toBe(true)
    expect(server.ends.length).toBe(2)
  })

  it('CONN11: data that arrives while a pong is due keeps a slow line alive', async () => {
    link.start(credentials)
    const end = await resume()
    await clock.advance(30_000)
    for (let second = 0; second < 4; second++) {
      await clock.advance(5_000)
      end.send({ notices: [{ kind: 1 }] })
    }
    expect(server.ends.length).toBe(1)
  })

  it('answers a ping', async () => {
    link.start(credentials)
    const end = await resume()
    end.send({ ping: 5 })
    expect(end.received.at(-1)?.pong).toBe(5)
  })

  it('CONN19: reconnects at once, then with backoff; says offline after the first failure', async () => {
    link.start(credentials)
    const end = await resume()
    await clock.advance(10_000)
    end.close()
    expect(server.ends.length).toBe(2)
    expect(states).toEqual(['online', 'connecting'])
    for (const [index, waitMs] of [500, 1000, 2000].entries()) {
      server.newest.close()
      expect(states.at(-1)).toBe('offline')
      await clock.advance(waitMs - 1)
      expect(server.ends.length).toBe(2 + index)
      await clock.advance(1)
      expect(server.ends.length).toBe(3 + index)
    }
    await resume()
    expect(states).toEqual(['online', 'connecting', 'offline', 'online'])
  })

  it('CONN19: a change of network tries at once', () => {
    link.start(credentials)
    server.newest.close()
    expect(server.ends.length).toBe(1)
    link.networkChanged()
    expect(server.ends.length).toBe(2)
  })

  it('CONN19: a change of network looks for a new connection beside the old; an answer on the old ends it', async () => {
    link.start(credentials)
    const old = await resume()
    link.networkChanged()
    await settled()
    expect(server.ends.length).toBe(2)
    expect(old.received.at(-1)?.ping).toBe(1)
    old.send({ pong: 1 })
    expect(server.ends[1]?.closedByClient).toBe(true)
    expect(old.closedByClient).toBe(false)
    expect(states).toEqual(['online'])
  })

  it('CONN14, CONN19: the new connection takes over, and what was not answered is asked there', async () => {
    link.start(credentials)
    const old = await resume()
    const sent = link.call(Chat.method.send, { log: 'a' })
    await settled()
    link.networkChanged()
    const fresh = await resume()
    expect(old.closedByClient).toBe(true)
    expect(others(fresh).map(({ key }) => key)).toEqual(others(old).map(({ key }) => key))
    fresh.reply(others(fresh)[0]?.id ?? 0, SendReplySchema, { seq: 1 })
    await expect(sent).resolves.toMatchObject({ seq: 1 })
    expect(states).toEqual(['online', 'connecting', 'online'])
    expect(seen.filter((word) => word === 'signing in').length).toBe(2)
  })

  it('the old connection may die while a new one is looked for', async () => {
    link.start(credentials)
    const old = await resume()
    await clock.advance(6000)
    link.networkChanged()
    const fresh = server.newest
    fresh.open()
    await settled()
    old.close()
    void link.call(Chat.method.list, {})
    expect(server.ends.length).toBe(2)
    await resume(fresh)
    expect(others(fresh).map(({ method }) => method)).toEqual([401])
    expect(states).toEqual(['online', 'connecting', 'online'])
  })

  it('CONN19: coming back to the foreground asks whether the connection lives', async () => {
    link.start(credentials)
    const end = await resume()
    link.turn('background')
    await clock.advance(10_000)
    link.turn('foreground')
    expect(end.received.at(-1)?.ping).toBe(1)
    await clock.advance(8_000)
    expect(server.ends.length).toBe(2)
  })

  it('an answer that is late is asked about; silence then ends the connection', async () => {
    link.start(credentials)
    const end = await resume()
    void link.call(Chat.method.list, {})
    await clock.advance(3_900)
    expect(end.received.at(-1)?.ping).toBe(0)
    await clock.advance(200)
    expect(end.received.at(-1)?.ping).toBe(1)
    await clock.advance(8_000)
    expect(end.closedByClient).toBe(true)
  })

  it('SEAL8: a goodbye that asks for fresh keys is followed by a new connection at once', async () => {
    link.start(credentials)
    const end = await resume()
    await clock.advance(6_000)
    end.send({ goodbye: { reason: Goodbye_Reason.RENEWAL } })
    expect(server.ends.length).toBe(2)
  })

  it('learns how long a network keeps a silent connection', async () => {
    const network = new Uint8Array(8).fill(5)
    link.start(null)
    link.turn('background')
    await server.newest.challenge(900, network)
    for (let ping = 1; ping <= 5; ping++) {
      await clock.advance(210_000)
      expect(server.newest.received.at(-1)?.ping).toBe(ping)
      server.newest.send({ pong: ping })
    }
    expect(networks.learnt(network.join('.')).intervalMs).toBe(270_000)
  })

  it('a connection that never challenges is given up', async () => {
    link.start(credentials)
    server.newest.open()
    await clock.advance(10_000)
    expect(server.ends[0]?.closedByClient).toBe(true)
    await clock.advance(500)
    expect(server.ends.length).toBe(2)
  })

  it('a connection that breaks right after its sign-in is not retried in a tight loop', async () => {
    link.start(credentials)
    for (let index = 0; index < 3; index++) {
      const end = await resume()
      end.close()
      expect(server.ends.length).toBe(index + 1)
      await clock.advance(5000)
    }
  })
})

describe('what arrives', () => {
  it('CONN4, CONN5: too large a message or no packet ends the connection', async () => {
    link.start(credentials)
    for (const bytes of [new Uint8Array(1024 * 1024 + 1), new Uint8Array([0xff, 0xff, 0xff])]) {
      const end = await resume()
      end.sendBytes(bytes)
      expect(end.closedByClient).toBe(true)
      await clock.advance(5000)
    }
    expect(server.ends.length).toBe(3)
  })

  it('CONN5: what the server called a protocol error is not repeated', async () => {
    link.start(credentials)
    const end = await resume()
    const call = link.call(Chat.method.list, {})
    const refused = expect(call).rejects.toMatchObject({ reason: 'protocol_error' })
    await settled()
    end.send({ goodbye: { reason: Goodbye_Reason.PROTOCOL_ERROR } })
    await refused
    await clock.advance(5000)
    await resume()
    expect(others(server.newest)).toEqual([])
  })

  it('hands on events and notices in the order of the fields', async () => {
    link.start(credentials)
    const end = await resume()
    seen = []
    end.send({ notices: [{ kind: 420 }, { kind: 99999 }], events: [{ seq: 1 }, { seq: 2 }] })
    expect(seen).toEqual(['events 1,2', 'notices 420,99999'])
  })

  it('callbacks of an ended carrier are ignored', async () => {
    link.start(credentials)
    const end = await resume()
    await clock.advance(6000)
    end.close()
    end.send({ events: [{ seq: 1 }] })
    end.close()
    expect(server.ends.length).toBe(2)
    expect(seen).not.toContain('events 1')
  })
})

describe('several ways', () => {
  it('tries the next after 2.5 s, and the first that is verified wins', async () => {
    ways = [LINE, POST]
    link.start(credentials)
    void link.call(Chat.method.list, {})
    const [line] = server.ends
    line?.open()
    await clock.advance(2_499)
    expect(server.ends.length).toBe(1)
    await clock.advance(1)
    expect(server.ends.map(({ way }) => way)).toEqual([LINE, POST])
    const post = await resume()
    expect(line?.closedByClient).toBe(true)
    expect(states).toEqual(['online'])
    // Both carried the first flight; what was in it is under way on the winner, and not sent twice there.
    expect(line?.requests.map(({ method }) => method)).toEqual([RESUME, 401])
    expect(post.requests.map(({ method }) => method)).toEqual([RESUME, 401])
  })

  it('a way that fails lets the next one start at once', () => {
    ways = [LINE, POST]
    link.start(credentials)
    server.newest.close()
    expect(server.ends.map(({ way }) => way)).toEqual([LINE, POST])
    server.newest.close()
    expect(states).toEqual(['offline'])
    expect(seen).toContain('unreachable lost')
  })

  it('a way that failed three times is left alone, until the network changes', async () => {
    ways = [LINE, POST]
    link.start(null)
    for (let round = 0; round < 3; round++) {
      server.newest.close()
      await server.newest.challenge()
      await clock.advance(10_000)
      server.newest.close()
    }
    expect(server.newest.way).toBe(POST)
    link.networkChanged()
    expect(server.newest.way).toBe(LINE)
  })

  it('LINK44: however often the server goes away, the best way comes first when it is back', async () => {
    ways = [LINE, POST]
    link.start(null)
    for (let round = 0; round < 6; round++) {
      expect(server.newest.way).toBe(LINE)
      server.newest.close()
      expect(server.newest.way).toBe(POST)
      server.newest.close()
      await clock.advance(30_000)
      expect(server.newest.way).toBe(LINE)
      await server.newest.challenge()
      await clock.advance(10_000)
      server.newest.close()
    }
  })

  it('on the POST carrier it looks for a line now and then, and moves over', async () => {
    ways = [LINE, POST]
    link.start(credentials)
    server.newest.close()
    const post = await resume()
    await clock.advance(29_000)
    post.send({ pong: 0 })
    for (let ping = 1; server.ends.length === 2; ping++) {
      await clock.advance(1_000)
      const last = post.received.at(-1)?.ping ?? 0
      if (last !== 0) post.send({ pong: last })
      expect(ping).toBeLessThan(40)
    }
    expect(server.newest.way).toBe(LINE)
    expect(post.closedByClient).toBe(false)
    await resume()
    expect(post.closedByClient).toBe(true)
    expect(states.at(-1)).toBe('online')
  })

  it('on the POST carrier it looks for a line at once when the network changed, although POST lives on', async () => {
    ways = [LINE, POST]
    link.start(credentials)
    server.newest.close()
    const post = await resume()
    link.networkChanged()
    const doubt = server.newest
    expect(doubt.way).toBe(LINE)
    await settled()
    post.send({ pong: post.received.at(-1)?.ping ?? 0 })
    expect(doubt.closedByClient).toBe(true)
    await clock.advance(1)
    expect(server.newest).not.toBe(doubt)
    expect(server.newest.way).toBe(LINE)
    await resume()
    expect(post.closedByClient).toBe(true)
  })

  it('a search beside a living connection may fail without a word', async () => {
    link.start(credentials)
    const end = await resume()
    link.networkChanged()
    server.newest.close()
    expect(end.closedByClient).toBe(false)
    expect(states).toEqual(['online'])
  })
})
