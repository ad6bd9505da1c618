/** What waits to be sealed, and in which order it leaves (SEAL12, SEAL13). */
import { Priority } from '../../schema/options_pb'
import { FRAGMENT_BYTES_MAX } from './padding'
import type { Fragment } from './record'

/** Control, then message, then bulk. */
const ORDER = [Priority.CONTROL, Priority.MESSAGE, Priority.BULK] as const

/** Cuts a message into fragments, which share its bytes. */
export function* fragmentsOf(priority: Priority, message: Uint8Array): Generator<Fragment, void> {
  let offset = 0
  do {
    const end = Math.min(offset + FRAGMENT_BYTES_MAX, message.length)
    yield { priority, payload: message.subarray(offset, end), last: end === message.length }
    offset = end
  } while (offset < message.length)
}

/** Bounded by those who fill it: the calls that are under way, and short answers to pings. */
export class SendQueue {
  readonly #waiting = new Map<Priority, Generator<Fragment, void>[]>(ORDER.map((priority) => [priority, []]))
  #bulk = 0

  add(priority: Priority, message: Uint8Array): void {
    this.#waiting.get(priority)?.push(fragmentsOf(priority, message))
    if (priority === Priority.BULK) this.#bulk += 1
  }

  /** Whether bulk may be what waits. */
  get hasBulk(): boolean {
    return this.#bulk > 0
  }

  /** The next fragment of the best class; null when nothing waits that may leave. */
  next(bulkAllowed: boolean): Fragment | null {
    for (const priority of ORDER) {
      if (priority === Priority.BULK && !bulkAllowed) continue
      const messages = this.#waiting.get(priority) ?? []
      for (let [first] = messages; first !== undefined; [first] = messages) {
        const next = first.next()
        if (next.done !== true) return next.value
        messages.shift()
        if (priority === Priority.BULK) this.#bulk -= 1
      }
    }
    return null
  }
}
