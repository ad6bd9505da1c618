/** The first message of a connection: OPEN, and what it makes (SEAL1, SEAL4, SEAL5, SEAL19). */
import { create, toBinary } from '@bufbuild/protobuf'
import { HelloSchema, type Manifest } from '../../schema/sealed_pb'
import { ascii, concatenate, owned, type Bytes } from '../bytes'
import { hpkeSeal } from './hpke'
import { earlyKeys, type EarlyKeys } from './keys'
import { createExchange, type Exchange } from './x25519'

export const OPEN = 0x01
/** Of the sealed layer: the version byte of OPEN, and `Hello.protocol`. */
export const PROTOCOL = 1
const ROUTE_BYTES = 16
/** Everything of the OPEN before `enc`. */
export const OPEN_HEADER_BYTES = 6 + ROUTE_BYTES
const SECRET_BYTES = 32

export interface Opening {
  /** The whole OPEN. */
  readonly message: Bytes
  readonly keys: EarlyKeys
  /** The client's ephemeral key pair. */
  readonly exchange: Exchange
}

/** SEAL19: asks for the manifest. */
export function askForManifest(route: Uint8Array): Bytes {
  return header(0, route)
}

/** `exporter` is empty in a browser (SEAL4). */
export async function createOpening(
  manifest: Manifest,
  route: Uint8Array,
  exporter: Bytes,
  randomBytes: (length: number) => Bytes,
): Promise<Opening> {
  const exchange = await createExchange()
  const secret = randomBytes(SECRET_BYTES)
  const hello = create(HelloSchema, { ephemeral: exchange.publicKey, secret, protocol: PROTOCOL })
  const head = header(manifest.epoch, route)
  const plaintext = owned(toBinary(HelloSchema, hello))
  const info = openInfo(head, exporter)
  const { enc, ciphertext } = await hpkeSeal(owned(manifest.serviceKey), info, plaintext)
  const message = concatenate([head, enc, ciphertext])
  return { message, keys: await earlyKeys(exporter, message, secret), exchange }
}

/** SEAL4: `head` is everything of the OPEN before `enc`. */
export function openInfo(head: Bytes, exporter: Bytes): Bytes {
  return concatenate([ascii('hutong sealed v1 open\0'), head, exporter])
}

function header(epoch: number, route: Uint8Array): Bytes {
  const bytes = new Uint8Array(OPEN_HEADER_BYTES)
  bytes[0] = OPEN
  bytes[1] = PROTOCOL
  new DataView(bytes.buffer).setUint32(2, epoch)
  if (route.length === ROUTE_BYTES) bytes.set(route, 6)
  return bytes
}
