import type { Bytes } from '../bytes'
import { SealedError } from './errors'

const ALGORITHM = 'X25519'
const KEY_BYTES = 32

export interface Exchange {
  readonly publicKey: Bytes
  /** X25519 with the other side's public key. */
  agree(peer: Bytes): Promise<Bytes>
}

/** A fresh key pair whose private half cannot be read out. */
export async function createExchange(): Promise<Exchange> {
  const pair = (await crypto.subtle.generateKey(ALGORITHM, false, ['deriveBits'])) as CryptoKeyPair
  return exchangeOf(pair.privateKey, new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)))
}

export function exchangeOf(privateKey: CryptoKey, publicKey: Bytes): Exchange {
  return { publicKey, agree: (peer) => agree(privateKey, peer) }
}

async function agree(privateKey: CryptoKey, peer: Bytes): Promise<Bytes> {
  if (peer.length !== KEY_BYTES) throw new SealedError('a public key has 32 bytes')
  let shared: Bytes
  try {
    const publicKey = await crypto.subtle.importKey('raw', peer, ALGORITHM, false, [])
    const algorithm = { name: ALGORITHM, public: publicKey }
    shared = new Uint8Array(await crypto.subtle.deriveBits(algorithm, privateKey, KEY_BYTES * 8))
  } catch {
    throw new SealedError('that public key agrees on nothing')
  }
  // SEAL6: browsers refuse a point of small order by themselves; not all of them always did.
  if (shared.every((byte) => byte === 0)) throw new SealedError('that public key agrees on nothing')
  return shared
}
