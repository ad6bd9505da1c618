/** This device's Ed25519 key: made here, never leaves, cannot be read out. */
import { RpcError } from '../link/errors'

const ALGORITHM = { name: 'Ed25519' }

/** Rejects with `insecure_context` or `no_ed25519` where the browser cannot do it. */
export async function createDeviceKey(): Promise<CryptoKeyPair> {
  // Browsers leave `subtle` out on pages that did not come over HTTPS.
  const subtle = crypto.subtle as SubtleCrypto | undefined
  if (subtle === undefined)
    throw new RpcError('failed_precondition', 'Please open this page over https.', 'insecure_context')
  try {
    return (await subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])) as CryptoKeyPair
  } catch {
    throw new RpcError('failed_precondition', 'This browser is too old; please update it.', 'no_ed25519')
  }
}

export async function publicKeyOf({ publicKey }: CryptoKeyPair): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
}

export async function signWith(
  { privateKey }: CryptoKeyPair,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(ALGORITHM, privateKey, message))
}
