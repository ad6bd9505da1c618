/** The server as the link finds it: who it is, by which way, and what is wrong when there is no way. */
import { fromBase64Url, toBase64Url, type Bytes } from '../link/bytes'
import type { ChannelEnd } from '../link/channel'
import type { Clock } from '../link/clock'
import { RpcError } from '../link/errors'
import { ServerIdentity, type IdentityStore, type Impostor } from '../link/sealed/identity'
import { ManifestError } from '../link/sealed/manifest'
import { createExchange } from '../link/sealed/x25519'
import { isPost } from '../link/ways'
import type { ServerApi } from './api'
import { Value } from './observable'
import type { OtherServer, ServerTrouble } from './types'

const ROOT_BYTES = 32

export class ServerModel implements ServerApi {
  readonly trouble = new Value<ServerTrouble | null>(null)
  readonly root = new Value('')
  readonly way = new Value<'' | 'line' | 'post'>('')
  readonly identity: ServerIdentity
  #impostor: Impostor | null = null
  #by: OtherServer['by'] = 'server'
  readonly #onTrusted: () => void

  constructor(store: IdentityStore, clock: Clock, onTrusted: () => void) {
    this.identity = new ServerIdentity(store, clock, (impostor) => {
      this.#impostor = impostor
      this.#by = 'server'
    })
    this.#onTrusted = onTrusted
  }

  async expect(root: string): Promise<void> {
    const bytes = fromBase64Url(root)
    if (bytes?.length !== ROOT_BYTES) return
    try {
      await this.identity.expect(bytes)
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error
      this.#by = 'code'
      this.#warn()
    }
  }

  async trust(): Promise<void> {
    const shown = this.#impostor?.shown
    if (shown === undefined) return
    await this.identity.replace(shown)
    this.stay()
    this.#onTrusted()
  }

  stay(): void {
    this.#impostor = null
    this.#by = 'server'
    this.trouble.set(null)
  }

  /** The server spoke: it is the one known here. What a code said to the contrary stays in the room. */
  reached(way: string): void {
    if (this.#by === 'server') this.stay()
    this.root.set(toText(this.identity.root))
    this.way.set(isPost(way) ? 'post' : 'line')
  }

  /** No way led to the server. */
  unreachable(end: ChannelEnd): void {
    if (this.#impostor !== null) this.#warn()
    else if (end === 'out_of_time') this.trouble.set({ kind: 'clock' })
    else if (end === 'outdated') this.trouble.set({ kind: 'outdated' })
    else if (end === 'old_epoch' || end === 'untrue') this.trouble.set({ kind: 'untrue' })
    else this.trouble.set(null)
  }

  #warn(): void {
    const impostor = this.#impostor
    if (impostor === null) return
    this.trouble.set({
      kind: 'otherServer',
      known: toText(impostor.pinned),
      shown: toText(impostor.shown),
      by: this.#by,
    })
  }
}

function toText(root: Bytes | null): string {
  return root === null ? '' : toBase64Url(root)
}

/** Rejects with `insecure_context` or `no_x25519` where the browser cannot seal. */
export async function assertSealing(): Promise<void> {
  // Browsers leave `subtle` out on pages that did not come over HTTPS.
  if ((crypto.subtle as SubtleCrypto | undefined) === undefined)
    throw new RpcError('failed_precondition', 'Please open this page over https.', 'insecure_context')
  try {
    await createExchange()
  } catch {
    throw new RpcError('failed_precondition', 'This browser is too old; please update it.', 'no_x25519')
  }
}
