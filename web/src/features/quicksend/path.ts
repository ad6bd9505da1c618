/** The path of a quick send: opened, watched, mended; there is no storage to fall back to. */
import type { FeatureContext } from '../../model/feature'
import type { Path } from '../../model/types'
import { Peers, type PeerSession } from '../peers/api'
import { CHANNEL_LABEL, PROTOCOL, tie, type Files } from '../transfers/api'
import type { Role } from './letters'
import { SESSION } from './signals'

/** The path looks whole, and nothing arrives on it: once for each such stretch the sender makes a new one. */
const STALLED_MS = 20_000
/** Without a path, or without a byte on it, for so long there will be none. */
const SILENT_AFTER_MS = 60_000

export interface PathEvents {
  /** Which way it goes, or that it is being mended. */
  onPath: (path: Path) => void
  onInterrupted: () => void
  onBroken: () => void
}

export class QuickPath {
  readonly #context: FeatureContext
  readonly #events: PathEvents
  readonly #peers: Peers
  readonly #session: PeerSession
  readonly #role: Role
  #cancelWatch: () => void = () => undefined
  #cancelRebuild: () => void = () => undefined
  #closed = false

  /** `signals` is the context whose server is the other end. */
  constructor(signals: FeatureContext, role: Role, files: Files, events: PathEvents) {
    this.#context = signals
    this.#role = role
    this.#events = events
    this.#peers = new Peers(signals)
    this.#session = this.#peers.open({
      session: SESSION,
      offerer: role === 'sender',
      again: false,
      prepare: (connection) => {
        files.restart()
        const tied = (channel: RTCDataChannel): void => tie(channel, files, () => undefined)
        if (role === 'sender') {
          tied(connection.createDataChannel(CHANNEL_LABEL, { protocol: PROTOCOL }))
          return
        }
        connection.addEventListener('datachannel', ({ channel }) => {
          if (channel.label === CHANNEL_LABEL && channel.protocol === PROTOCOL) tied(channel)
          else channel.close()
        })
      },
      revive: () => Promise.resolve(false),
    })
    this.#session.status.subscribe(({ phase, path }) => {
      if (this.#closed) return
      if (phase === 'connected') events.onPath(path)
      else if (phase === 'interrupted') events.onInterrupted()
      else if (phase === 'gone') events.onBroken()
    })
    this.moved()
  }

  /** Bytes have arrived on it. */
  moved(): void {
    this.#cancelTimers()
    if (this.#closed) return
    const { clock } = this.#context
    this.#cancelWatch = clock.after(SILENT_AFTER_MS, this.#events.onBroken)
    if (this.#role === 'sender') this.#cancelRebuild = clock.after(STALLED_MS, () => this.#session.rebuild())
  }

  /** Which way it goes now; what the browser does not tell is not called direct. */
  async read(): Promise<Path> {
    const path = await this.#session.readPath().catch(() => 'unknown')
    return path === 'direct' ? 'direct' : 'relayed'
  }

  close(): void {
    this.#closed = true
    this.#cancelTimers()
    this.#peers.closeAll()
  }

  #cancelTimers(): void {
    this.#cancelWatch()
    this.#cancelRebuild()
  }
}
