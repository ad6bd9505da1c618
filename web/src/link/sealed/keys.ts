/** The key schedule of one connection (SEAL5 to SEAL8). */
import type { Bytes } from '../bytes'
import { expand, expandSecret, extract, sha256, toSecret, type Secret } from './hkdf'

const NOTHING: Bytes = new Uint8Array()
const IV_BYTES = 12
const BINDING_BYTES = 32

/** What one direction seals or opens with, and what the next phase is made of. */
export interface DirectionKeys {
  readonly secret: Secret
  readonly key: CryptoKey
  readonly iv: Bytes
}

export async function directionKeys(secret: Secret): Promise<DirectionKeys> {
  const raw = await expand(secret, 'key', NOTHING, 32)
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  return { secret, key, iv: await expand(secret, 'iv', NOTHING, IV_BYTES) }
}

/** SEAL8. */
export async function nextPhase({ secret }: DirectionKeys): Promise<DirectionKeys> {
  return directionKeys(await expandSecret(secret, 'update', NOTHING))
}

export interface EarlyKeys {
  readonly early: Secret
  readonly binding: Bytes
  /** What the client's early records are sealed with. */
  readonly client: DirectionKeys
}

/** SEAL5: `open` is the whole OPEN, `secret` the one in its `Hello`. */
export async function earlyKeys(exporter: Bytes, open: Bytes, secret: Bytes): Promise<EarlyKeys> {
  const early = await extract(await toSecret(await sha256(exporter, open)), secret)
  return {
    early,
    binding: await expand(early, 'binding', NOTHING, BINDING_BYTES),
    client: await directionKeys(await expandSecret(early, 'c early', NOTHING)),
  }
}

export interface MainKeys {
  readonly client: DirectionKeys
  readonly core: DirectionKeys
}

/** SEAL6: `agreed` is the X25519 result, `transcript` is `H(exporter || OPEN || ACCEPT)`. */
export async function mainKeys(early: Secret, agreed: Bytes, transcript: Bytes): Promise<MainKeys> {
  const master = await extract(early, agreed)
  return {
    client: await directionKeys(await expandSecret(master, 'c main', transcript)),
    core: await directionKeys(await expandSecret(master, 's main', transcript)),
  }
}
