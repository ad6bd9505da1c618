/** The STUN and TURN servers with their time-limited credentials, asked for again before they expire. */
import type { Clock } from '../../model/feature'

export interface IceServers {
  servers: RTCIceServer[]
  expiresAtMs: number
}

/** A connection that is made now may still need the credentials a while later. */
const RENEW_BEFORE_MS = 120_000
/** Without an answer a connection is tried without servers: in one network that is enough. */
const ANSWER_TIMEOUT_MS = 4_000

export class IceServerCache {
  readonly #load: () => Promise<IceServers>
  readonly #clock: Clock
  #cached: IceServers | null = null
  #loading: Promise<IceServers> | null = null

  constructor(load: () => Promise<IceServers>, clock: Clock) {
    this.#load = load
    this.#clock = clock
  }

  async get(): Promise<RTCIceServer[]> {
    if (this.#cached !== null && this.#clock.nowMs() < this.#cached.expiresAtMs - RENEW_BEFORE_MS)
      return this.#cached.servers
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null
    })
    let cancel = (): void => undefined
    const late = new Promise<null>((resolve) => {
      cancel = this.#clock.after(ANSWER_TIMEOUT_MS, () => {
        resolve(null)
      })
    })
    try {
      const loaded = await Promise.race([this.#loading, late])
      if (loaded !== null) this.#cached = loaded
    } catch {
      // The same as no answer; the next connection asks again.
    } finally {
      cancel()
    }
    return this.#cached?.servers ?? []
  }
}
