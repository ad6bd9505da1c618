/** Whether a manifest is this server's newest (SEAL17, SEAL18). Pure but for the signature. */
import { fromBinary } from '@bufbuild/protobuf'
import { ManifestSchema, type Manifest, type SignedManifest } from '../../schema/sealed_pb'
import { ascii, concatenate, isEqual, owned, type Bytes } from '../bytes'
import { PROTOCOL } from './opening'

const CONTEXT = ascii('hutong manifest v1\0')
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
/** Clocks differ. */
const GRACE_MS = 5 * 60 * 1000
const MANIFEST_BYTES_MAX = 8_192
const ENDPOINTS_MAX = 32

/** What a client holds a server to. */
export interface Pin {
  /** Ed25519 public key. */
  readonly root: Bytes
  /** The highest epoch seen of it. */
  readonly epoch: number
}

/**
 * other_root: not the server that was pinned; old_epoch: played again; out_of_time: this clock or the
 * server's is wrong, or it was played again; outdated: it is for newer clients; untrue: malformed, or not
 * signed by its root.
 */
export type ManifestFault = 'other_root' | 'old_epoch' | 'out_of_time' | 'outdated' | 'untrue'

export class ManifestError extends Error {
  override readonly name = 'ManifestError'
  readonly fault: ManifestFault
  /** The root it claims, whatever that is worth. */
  readonly root: Bytes

  constructor(fault: ManifestFault, root: Bytes = new Uint8Array()) {
    super(`this manifest is not believed: ${fault}`)
    this.fault = fault
    this.root = root
  }
}

/** Throws `ManifestError`. `pin` is null on the first contact without a code. */
export async function verifyManifest(
  { manifest: bytes, signature }: SignedManifest,
  pin: Pin | null,
  nowMs: number,
): Promise<Manifest> {
  if (bytes.length > MANIFEST_BYTES_MAX) throw new ManifestError('untrue')
  const manifest = parse(bytes)
  const root = owned(manifest.root)
  const sizes = [manifest.root.length, manifest.serviceKey.length, signature.length]
  if (!sizes.every((size, place) => size === [KEY_BYTES, KEY_BYTES, SIGNATURE_BYTES][place]))
    throw new ManifestError('untrue')
  if (manifest.epoch === 0 || manifest.endpoints.length > ENDPOINTS_MAX) throw new ManifestError('untrue')
  // The signature first: only who holds a root may make us say that the server has another one.
  if (!(await isSigned(root, owned(signature), owned(bytes)))) throw new ManifestError('untrue')
  if (pin !== null && !isEqual(root, pin.root)) throw new ManifestError('other_root', root)
  if (pin !== null && manifest.epoch < pin.epoch) throw new ManifestError('old_epoch', root)
  if (!isInTime(manifest, nowMs)) throw new ManifestError('out_of_time', root)
  if (manifest.minimumProtocol > PROTOCOL) throw new ManifestError('outdated', root)
  return manifest
}

export function isInTime({ notBeforeMs, notAfterMs }: Manifest, nowMs: number): boolean {
  return nowMs >= Number(notBeforeMs) - GRACE_MS && nowMs <= Number(notAfterMs) + GRACE_MS
}

function parse(bytes: Uint8Array): Manifest {
  try {
    return fromBinary(ManifestSchema, bytes)
  } catch {
    throw new ManifestError('untrue')
  }
}

async function isSigned(root: Bytes, signature: Bytes, manifest: Bytes): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', root, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, signature, concatenate([CONTEXT, manifest]))
  } catch {
    return false
  }
}
