/** The data channel of one meeting for direct text: a peer session, used while its path is direct. */
import type { Clock } from '../../model/feature'
import type { Met } from '../../schema/direct_pb'
import type { Peers, PeerSession } from '../peers/api'
import { DirectError, LABEL, PROTOCOL } from './record'

/** No direct path so long after the meeting, or after one broke: there is none. */
export const OPENS_WITHIN_MS = 15_000
/** What waits on a channel that stands still; a preview that is late is none. */
const BUFFERED_BYTES_MAX = 64 * 1024
/** Records heard while the browser is asked for the path. */
const EARLY_MAX = 16

export interface Ear {
  /** Another channel is open, on a direct path. */
  opened(): void
  /** It is gone; another may follow. */
  closed(): void
  /** Something arrived. Throws `DirectError`: then the channel is closed. */
  heard(data: unknown): void
  /** There is no direct path, or the other side breaks the rules. */
  failed(): void
  /** The server has ended the session, or forgotten it. */
  gone(): void
}

/** One meeting, until `close`. A path through a relay is none: the server is as near (DIRECT2). */
export class DirectChannel {
  readonly session: string
  readonly #ear: Ear
  readonly #clock: Clock
  readonly #path: PeerSession
  #channel: RTCDataChannel | null = null
  #cancelPatience = (): void => undefined
  #closed = false

  constructor(met: Met, peers: Peers, clock: Clock, ear: Ear) {
    this.session = met.session
    this.#ear = ear
    this.#clock = clock
    this.#path = peers.open({
      session: met.session,
      offerer: met.offerer,
      again: false,
      prepare: (connection) => this.#prepare(connection, met.offerer),
      // Only the server brings two devices together, and it tells them when it does.
      revive: () => Promise.resolve(false),
    })
    this.#wait()
    this.#path.status.subscribe(({ phase }) => {
      if (phase === 'gone' && !this.#closed) ear.gone()
    })
  }

  get open(): boolean {
    return this.#channel !== null
  }

  /** Says a record, unless the path stands still. */
  send(record: Uint8Array<ArrayBuffer>): void {
    const channel = this.#channel
    if (channel?.readyState === 'open' && channel.bufferedAmount + record.length <= BUFFERED_BYTES_MAX)
      channel.send(record)
  }

  close(): void {
    this.#closed = true
    this.#cancelPatience()
    this.#channel = null
    this.#path.close()
  }

  #prepare(connection: RTCPeerConnection, offerer: boolean): void {
    const { iceServers = [], ...rest } = connection.getConfiguration()
    connection.setConfiguration({ ...rest, iceServers: iceServers.filter((server) => !relays(server)) })
    if (offerer) this.#tie(connection, connection.createDataChannel(LABEL, { protocol: PROTOCOL }))
    else connection.addEventListener('datachannel', ({ channel }) => this.#tie(connection, channel))
  }

  #tie(connection: RTCPeerConnection, channel: RTCDataChannel): void {
    if (channel.label !== LABEL || channel.protocol !== PROTOCOL) {
      channel.close() // of a version this program does not know
      return
    }
    channel.binaryType = 'arraybuffer'
    // What is heard before the path is known to be direct waits for that.
    const early: unknown[] = []
    channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (channel === this.#channel) this.#heard(data)
      else if (!this.#closed && this.#path.connection === connection && early.length < EARLY_MAX)
        early.push(data)
    })
    channel.addEventListener('close', () => {
      if (channel !== this.#channel) return
      this.#channel = null
      this.#wait()
      this.#ear.closed()
    })
    const opened = async (): Promise<void> => {
      const path = await this.#path.readPath()
      if (this.#closed || this.#path.connection !== connection || channel.readyState !== 'open') return
      if (path !== 'direct') {
        this.#ear.failed()
        return
      }
      this.#cancelPatience()
      this.#channel = channel
      this.#ear.opened()
      for (const data of early.splice(0)) this.#heard(data)
    }
    if (channel.readyState === 'open') void opened()
    else channel.addEventListener('open', () => void opened())
  }

  #heard(data: unknown): void {
    if (this.#closed) return
    try {
      this.#ear.heard(data)
    } catch (error) {
      if (!(error instanceof DirectError)) throw error
      this.#ear.failed()
    }
  }

  #wait(): void {
    this.#cancelPatience()
    this.#cancelPatience = this.#clock.after(OPENS_WITHIN_MS, () => this.#ear.failed())
  }
}

function relays({ urls }: RTCIceServer): boolean {
  return (typeof urls === 'string' ? [urls] : urls).some((url) => url.startsWith('turn'))
}
