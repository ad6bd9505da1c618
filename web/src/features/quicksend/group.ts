/** What the exchange asks of a group, and edwards25519. Elements are bytes as they travel. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { hexToBytes } from '@noble/hashes/utils.js'

/** A group of prime order with two points nobody knows the logarithms of (RFC 9382, section 6). */
export interface Group {
  readonly order: bigint
  readonly m: Uint8Array
  readonly n: Uint8Array
  base(scalar: bigint): Uint8Array
  /** The cofactor included: `h*x*P`. Throws when nothing is left. */
  multiply(element: Uint8Array, scalar: bigint): Uint8Array
  /** A multiple of `m` or `n`, without the cofactor. */
  blind(element: Uint8Array, scalar: bigint): Uint8Array
  add(one: Uint8Array, other: Uint8Array): Uint8Array
  subtract(one: Uint8Array, other: Uint8Array): Uint8Array
  /** Throws for what is no element of the group. */
  check(element: Uint8Array): void
}

const { Point } = ed25519
const COFACTOR = 8n
const read = (element: Uint8Array) => Point.fromBytes(element)

/** The subgroup of prime order; noble refuses multiples by 0, which leave nothing. */
export const edwards25519: Group = {
  order: Point.Fn.ORDER,
  m: hexToBytes('d048032c6ea0b6d697ddc2e86bda85a33adac920f1bf18e1b0c6d166a5cecdaf'),
  n: hexToBytes('d3bfb518f44f3430f29d0c92af503865a1ed3281dc69b35dd868ba85f886c4ab'),
  base: (scalar) => Point.BASE.multiply(scalar).toBytes(),
  multiply: (element, scalar) => {
    const point = read(element)
    if (point.is0()) throw new Error('that element has no such multiple')
    return point.multiply((COFACTOR * scalar) % Point.Fn.ORDER).toBytes()
  },
  blind: (element, scalar) => read(element).multiply(scalar).toBytes(),
  add: (one, other) => read(one).add(read(other)).toBytes(),
  subtract: (one, other) => read(one).subtract(read(other)).toBytes(),
  check: (element) => {
    const point = read(element)
    if (point.isSmallOrder() || !point.isTorsionFree()) throw new Error('that is no element of the group')
  },
}
