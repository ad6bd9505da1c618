import { concatenate, type Bytes } from '../bytes'
import { MESSAGE_BYTES_MAX } from '../limits'
import { SealedError } from './errors'
import type { Fragment } from './record'

interface Begun {
  parts: Uint8Array[]
  size: number
}

/** Puts messages together of their fragments, each class for itself (SEAL12). */
export class Reassembly {
  readonly #begun = new Map<number, Begun>()

  /** The message that this fragment completes, or null. */
  add({ priority, payload, last }: Fragment): Bytes | null {
    const begun = this.#begun.get(priority) ?? { parts: [], size: 0 }
    // A fragment without content is only good for holding up: one may stand alone or at the end.
    if (payload.length === 0 && !last) throw new SealedError('an empty fragment')
    begun.parts.push(payload)
    begun.size += payload.length
    if (begun.size > MESSAGE_BYTES_MAX) throw new SealedError('a message that is too large')
    if (!last) {
      this.#begun.set(priority, begun)
      return null
    }
    this.#begun.delete(priority)
    return concatenate(begun.parts)
  }
}
