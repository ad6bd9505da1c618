/** Asks the server's STUN addresses how they see this browser, when somebody wants to know. */
import { writable, type Writable } from 'svelte/store'
import type { Clock } from '../../model/feature'
import { findNat, type GatheredCandidate, type NatFinding } from './nat'

/** A browser gives an address up after ten seconds; who waits that long for an answer calls no better. */
const GATHER_WITHIN_MS = 5_000
const CANDIDATES_MAX = 64
/** More places tell no more. */
const PLACES_MAX = 4

export type NatState =
  { phase: 'idle' | 'checking' | 'unavailable' } | { phase: 'found'; finding: NatFinding }

export interface NatCheckOptions {
  /** The server's STUN and TURN servers; fails or is empty without any. */
  servers: () => Promise<RTCIceServer[]>
  /** undefined where the browser has no WebRTC. */
  newConnection: ((configuration: RTCConfiguration) => RTCPeerConnection) | undefined
  clock: Clock
}

export class NatCheck {
  readonly state: Writable<NatState> = writable({ phase: 'idle' })
  readonly #options: NatCheckOptions
  #running: Promise<void> | null = null

  constructor(options: NatCheckOptions) {
    this.#options = options
  }

  /** One at a time: who asks meanwhile gets the answer of the one that runs. */
  check(): Promise<void> {
    this.#running ??= this.#check().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #check(): Promise<void> {
    this.state.set({ phase: 'checking' })
    const urls = await this.#stunUrls()
    const { newConnection } = this.#options
    if (urls.length === 0 || newConnection === undefined) {
      this.state.set({ phase: 'unavailable' })
      return
    }
    try {
      const connection = newConnection({ iceServers: [{ urls }] })
      const finding = await this.#gather(connection, urls.length)
      this.state.set({ phase: 'found', finding })
    } catch {
      // A browser whose policy forbids WebRTC says so by failing.
      this.state.set({ phase: 'unavailable' })
    }
  }

  async #stunUrls(): Promise<string[]> {
    try {
      const servers = await this.#options.servers()
      const urls = servers.flatMap(({ urls }) => urls).filter((url) => url.startsWith('stun:'))
      return urls.slice(0, PLACES_MAX)
    } catch {
      return []
    }
  }

  async #gather(connection: RTCPeerConnection, asked: number): Promise<NatFinding> {
    const candidates: GatheredCandidate[] = []
    const failed = new Set<string>()
    let cancel = (): void => undefined
    try {
      const complete = new Promise<boolean>((resolve) => {
        connection.addEventListener('icecandidate', ({ candidate }) => {
          // An empty one ends a generation, null all of them.
          if (candidate === null) resolve(true)
          else if (candidate.candidate !== '' && candidates.length < CANDIDATES_MAX)
            candidates.push(candidate)
        })
        connection.addEventListener('icecandidateerror', ({ url }) => failed.add(url))
        cancel = this.#options.clock.after(GATHER_WITHIN_MS, () => resolve(false))
      })
      connection.createDataChannel('nat')
      await connection.setLocalDescription()
      return findNat({ candidates, asked, complete: await complete, failed: failed.size })
    } finally {
      cancel()
      connection.close()
    }
  }
}
