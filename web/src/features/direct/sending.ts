/** The speaking end of one channel: counts previews, and keeps to the listener's bounds. */
import { create } from '@bufbuild/protobuf'
import { PreviewSchema, SettledSchema } from '../../schema/direct_pb'
import { Pace } from './pace'
import { encode, fit, type Words } from './record'

/** Less than the listener allows: what is late on the way comes at once. */
const SAYS_BURST = 10
const SAYS_A_S = 3
/** Said and not settled; more of them than that wait for a server that does not answer. */
const OPEN_MAX = 24

export class PreviewSender {
  readonly #open = new Set<number>()
  readonly #pace = new Pace(SAYS_BURST, SAYS_A_S)
  #count = 0

  /**
   * Count and record of a message that goes to the server now; null when it goes alone (DIRECT3). `after` is the
   * newest event of the log that is known; the message must not be in the log yet.
   */
  say(words: Words, after: number, nowMs: number): { count: number; record: Uint8Array<ArrayBuffer> } | null {
    if (!fit(words) || this.#open.size >= OPEN_MAX || !this.#pace.allows(nowMs)) return null
    const count = ++this.#count
    this.#open.add(count)
    return {
      count,
      record: encode({ case: 'preview', value: create(PreviewSchema, { count, after, ...words }) }),
    }
  }

  /** The record that says where a message stands in the log (0: nowhere); once. */
  settle(count: number, seq: number): Uint8Array<ArrayBuffer> | null {
    if (!this.#open.delete(count)) return null
    return encode({ case: 'settled', value: create(SettledSchema, { count, seq }) })
  }
}
