/** HPKE (RFC 9180), base mode, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (SEAL4). */
import { ascii, concatenate, type Bytes } from '../bytes'
import { extract, extractBytes, hkdfExpand, toSecret, type Secret } from './hkdf'
import { createExchange, type Exchange } from './x25519'

const VERSION = ascii('HPKE-v1')
const KEM = concatenate([ascii('KEM'), Uint8Array.of(0x00, 0x20)])
const SUITE = concatenate([ascii('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x02)])
const NOTHING: Bytes = new Uint8Array()
const BASE_MODE = Uint8Array.of(0)

export interface SealedMessage {
  /** The sender's ephemeral public key, 32 bytes. */
  readonly enc: Bytes
  readonly ciphertext: Bytes
}

/** No associated data. `exchange` is fresh for each message. */
export async function hpkeSeal(
  recipient: Bytes,
  info: Bytes,
  plaintext: Bytes,
  exchange?: Exchange,
): Promise<SealedMessage> {
  const ephemeral = exchange ?? (await createExchange())
  const enc = ephemeral.publicKey
  const shared = await sharedSecret(await ephemeral.agree(recipient), enc, recipient)
  const { key, nonce } = await schedule(shared, info)
  const algorithm = { name: 'AES-GCM', iv: nonce }
  const sealing = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt'])
  return { enc, ciphertext: new Uint8Array(await crypto.subtle.encrypt(algorithm, sealing, plaintext)) }
}

/** ExtractAndExpand of the KEM. */
export async function sharedSecret(agreed: Bytes, enc: Bytes, recipient: Bytes): Promise<Secret> {
  const key = await labeledExtract(KEM, NOTHING, 'eae_prk', agreed)
  const context = concatenate([enc, recipient])
  return toSecret(await labeledExpand(KEM, key, 'shared_secret', context, 32))
}

/** KeySchedule of the base mode, as far as a single message needs it. */
export async function schedule(shared: Secret, info: Bytes): Promise<{ key: Bytes; nonce: Bytes }> {
  const identifier = await labeledExtractBytes(SUITE, NOTHING, 'psk_id_hash', NOTHING)
  const context = concatenate([
    BASE_MODE,
    identifier,
    await labeledExtractBytes(SUITE, NOTHING, 'info_hash', info),
  ])
  // LabeledExtract with the shared secret as its salt and the empty PSK.
  const secret = await extract(shared, concatenate([VERSION, SUITE, ascii('secret')]))
  return {
    key: await labeledExpand(SUITE, secret, 'key', context, 32),
    nonce: await labeledExpand(SUITE, secret, 'base_nonce', context, 12),
  }
}

async function labeledExtractBytes(suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Bytes> {
  return extractBytes(await toSecret(salt), concatenate([VERSION, suite, ascii(label), ikm]))
}

async function labeledExtract(suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Secret> {
  return toSecret(await labeledExtractBytes(suite, salt, label, ikm))
}

function labeledExpand(
  suite: Bytes,
  secret: Secret,
  label: string,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  const size = Uint8Array.of(length >> 8, length & 0xff)
  return hkdfExpand(secret, concatenate([size, VERSION, suite, ascii(label), info]), length)
}
