/**
 * What calls and transfers build on: sessions between two devices. Each feature makes its own `Peers`
 * from its own context; a session belongs to one of them.
 */
import type { FeatureContext } from '../../model/feature'
import { Peers as PeersService, Path as WirePath, SaidSchema, type Said } from '../../schema/peers_pb'
import type { LinkState, Path } from '../../model/types'
import { IceServerCache } from './ice-servers'
import type { Numbered } from './mailbox'
import { PeerSession, type PeerSessionOptions } from './session'
import type { SignalTransport } from './signalling'
import type { Signal } from '../../schema/peers_pb'

export type { PeerPhase, PeerSession, PeerSessionOptions, PeerStatus } from './session'
export { claimSession, type Release } from './claim'
export { NO_STATS, type PathStats } from './stats'

/** Sessions one page keeps at once; each costs sockets and memory. */
const SESSIONS_MAX = 32
const NAME_BYTES = 8

export class Peers {
  readonly #context: FeatureContext
  readonly #iceServers: IceServerCache
  readonly #sessions = new Map<string, PeerSession>()

  constructor(context: FeatureContext) {
    this.#context = context
    this.#iceServers = new IceServerCache(async () => {
      const reply = await context.call(PeersService.method.getIceServers, {})
      return { servers: reply.servers, expiresAtMs: Number(reply.expiresAtMs) }
    }, context.clock)
    context.onNotice(SaidSchema, (said) => {
      const item = numbered(said)
      if (item !== null) this.#sessions.get(said.session)?.receive(item)
    })
    let before: LinkState = 'connecting'
    context.link.subscribe((link) => {
      if (link === 'online' && before !== 'online') this.resync()
      before = link
    })
    globalThis.addEventListener('online', () => {
      this.resync()
    })
  }

  /** How many more sessions this page may open. */
  get free(): number {
    return SESSIONS_MAX - this.#sessions.size
  }

  /** Opens the path of a call or transfer; one that is open already is closed first. */
  open(options: PeerSessionOptions): PeerSession {
    this.#sessions.get(options.session)?.close()
    if (this.#sessions.size >= SESSIONS_MAX) throw new Error('too many paths are open')
    const abort = new AbortController()
    const session = new PeerSession(options, {
      transport: this.#transport(abort.signal),
      iceServers: () => this.#iceServers.get(),
      newConnection: (configuration) => new RTCPeerConnection(configuration),
      newName: () => hex(this.#context.randomBytes(NAME_BYTES)),
      clock: this.#context.clock,
    })
    this.#sessions.set(options.session, session)
    session.status.subscribe(({ phase }) => {
      if (phase !== 'gone' && phase !== 'closed') return
      abort.abort()
      if (this.#sessions.get(options.session) === session) this.#sessions.delete(options.session)
    })
    return session
  }

  /** Whether the server knows the session: a transfer that was accepted has one. */
  async exists(session: string): Promise<boolean> {
    try {
      await this.#context.call(PeersService.method.fetch, { session, after: 0 })
      return true
    } catch {
      return false
    }
  }

  closeAll(): void {
    for (const session of [...this.#sessions.values()]) session.close()
  }

  resync(): void {
    for (const session of this.#sessions.values()) session.resync()
  }

  #transport(signal: AbortSignal): SignalTransport {
    const options = { deadlineMs: Infinity, signal }
    return {
      say: async (session, spoken) => {
        await this.#context.call(PeersService.method.say, { session, signal: spoken }, options)
      },
      fetch: async (session, after) => {
        const reply = await this.#context.call(PeersService.method.fetch, { session, after }, options)
        return reply.said.map(numbered).filter((item) => item !== null)
      },
    }
  }
}

function numbered(said: Said): Numbered<Signal> | null {
  return said.signal === undefined ? null : { number: said.number, signal: said.signal }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function pathFromWire(path: WirePath): Path {
  if (path === WirePath.DIRECT) return 'direct'
  if (path === WirePath.RELAYED) return 'relayed'
  return path === WirePath.STORED ? 'stored' : 'unknown'
}

export function pathToWire(path: Path): WirePath {
  if (path === 'direct') return WirePath.DIRECT
  if (path === 'relayed') return WirePath.RELAYED
  return path === 'stored' ? WirePath.STORED : WirePath.UNKNOWN
}
