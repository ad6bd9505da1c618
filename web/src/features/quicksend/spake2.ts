/**
 * SPAKE2 (RFC 9382) with SHA-256, HKDF and HMAC: two who know the same short secret agree on a key, and
 * who guesses has one guess. The same as `hutong/protocols/spake2`; both read `schema/vectors/spake2.json`.
 */
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Group } from './group'

/** Enough that what is left of the order does not show. */
export const RANDOM_BYTES = 64
const HALF = 16

/** The other side sent no element of the group, or does not know the secret. */
export class Spake2Error extends Error {
  override readonly name = 'Spake2Error'
}

interface Keys {
  shared: Uint8Array
  confirmationA: Uint8Array
  confirmationB: Uint8Array
}

export interface ExchangeOptions {
  group: Group
  /** A speaks first. */
  role: 'a' | 'b'
  /** `w`: what the password was hashed to. */
  secret: bigint
  /** 64 bytes nobody else knows. */
  random: Uint8Array
  names: readonly [string, string]
  /** What both sides know besides. */
  associated: string
}

/** One side of one run. */
export class Exchange {
  readonly share: Uint8Array
  readonly #options: ExchangeOptions
  readonly #secret: bigint
  readonly #scalar: bigint
  #keys: Keys | null = null

  constructor(options: ExchangeOptions) {
    const { group, role, secret, random } = options
    if (random.length < RANDOM_BYTES) throw new Spake2Error('an exchange needs 64 random bytes')
    this.#options = options
    this.#secret = secret % group.order
    this.#scalar = toNumber(random) % group.order
    const ours = role === 'a' ? group.m : group.n
    this.share = group.add(group.base(this.#scalar), group.blind(ours, this.#secret))
  }

  /** Takes the other side's share, once. */
  finish(share: Uint8Array): void {
    const { group, role, names, associated } = this.#options
    if (this.#keys !== null) throw new Spake2Error('this exchange is over')
    let point: Uint8Array
    try {
      group.check(share)
      const theirs = role === 'a' ? group.n : group.m
      point = group.multiply(group.subtract(share, group.blind(theirs, this.#secret)), this.#scalar)
    } catch {
      throw new Spake2Error('that is no element of the group')
    }
    const shares = role === 'a' ? [this.share, share] : [share, this.share]
    const secret = toBytes(this.#secret, group.order)
    const said = transcript([...names.map(utf8ToBytes), ...shares, point, secret])
    this.#keys = derive(said, associated)
  }

  /** What shows the other side that we know the secret. */
  get confirmation(): Uint8Array {
    const keys = this.#finished()
    return this.#options.role === 'a' ? keys.confirmationA : keys.confirmationB
  }

  /** The shared key, 16 bytes, if the other side knows the secret. */
  verify(confirmation: Uint8Array): Uint8Array {
    const keys = this.#finished()
    const theirs = this.#options.role === 'a' ? keys.confirmationB : keys.confirmationA
    if (!equal(theirs, confirmation)) throw new Spake2Error('the other side does not know the secret')
    return keys.shared
  }

  #finished(): Keys {
    if (this.#keys === null) throw new Spake2Error('this exchange has not begun')
    return this.#keys
  }
}

/** Big-endian. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`)
}

function toBytes(number: bigint, order: bigint): Uint8Array {
  const digits = Math.ceil(order.toString(2).length / 8) * 2
  return hexToBytes(number.toString(16).padStart(digits, '0'))
}

function transcript(parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...parts.flatMap((part) => {
      const length = new Uint8Array(8)
      new DataView(length.buffer).setBigUint64(0, BigInt(part.length), true)
      return [length, part]
    }),
  )
}

function derive(said: Uint8Array, associated: string): Keys {
  const digest = sha256(said)
  const info = utf8ToBytes(`ConfirmationKeys${associated}`)
  const material = hkdf(sha256, digest.subarray(HALF), undefined, info, 2 * HALF)
  return {
    shared: digest.subarray(0, HALF),
    confirmationA: hmac(sha256, material.subarray(0, HALF), said),
    confirmationB: hmac(sha256, material.subarray(HALF), said),
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0)
  return difference === 0
}
