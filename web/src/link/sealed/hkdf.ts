/** HKDF with SHA-256 (RFC 5869) in two steps, of WebCrypto's HMAC: it has no Extract of its own. */
import { ascii, concatenate, type Bytes } from '../bytes'

/** A pseudorandom key: usable, but not readable, by the page. */
export type Secret = CryptoKey

const HMAC = { name: 'HMAC', hash: 'SHA-256' }
const HASH_BYTES = 32

/** Keys of HMAC are padded with zeros: none at all is the same as these, and WebCrypto refuses none. */
const NO_SALT: Bytes = new Uint8Array(HASH_BYTES)

export function toSecret(bytes: Bytes): Promise<Secret> {
  return crypto.subtle.importKey('raw', bytes.length === 0 ? NO_SALT : bytes, HMAC, false, ['sign'])
}

async function mac(key: Secret, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, message))
}

export async function extractBytes(salt: Secret, material: Bytes): Promise<Bytes> {
  return mac(salt, material)
}

export async function extract(salt: Secret, material: Bytes): Promise<Secret> {
  return toSecret(await mac(salt, material))
}

/** At most 32 bytes: nothing here needs a second block. */
export async function hkdfExpand(secret: Secret, info: Bytes, length: number): Promise<Bytes> {
  const block = await mac(secret, concatenate([info, Uint8Array.of(1)]))
  return block.slice(0, length)
}

/** `expand` of docs/protocol/sealed.md. */
export function expand(secret: Secret, label: string, context: Bytes, length: number): Promise<Bytes> {
  return hkdfExpand(secret, concatenate([ascii(`hutong sealed v1 ${label}\0`), context]), length)
}

/** A secret made of a secret; its bytes stay inside. */
export async function expandSecret(secret: Secret, label: string, context: Bytes): Promise<Secret> {
  return toSecret(await expand(secret, label, context, HASH_BYTES))
}

export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concatenate(parts)))
}
