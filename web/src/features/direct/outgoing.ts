/** One's own messages, as the rows of the timeline tell of them, and what of them is said on the channel. */
import type { Message } from '../../model/types'
import { PreviewSender } from './sending'

/** More than ever wait at once. */
const KNOWN_MAX = 4_000

export class Outgoing {
  /** Rows that were here before, or were told of. */
  #known: Set<string> | null = null
  #sender: PreviewSender | null = null
  /** Counts of previews whose message is still on its way, by the row's id. */
  readonly #open = new Map<string, number>()

  /** Another channel is open. */
  begin(): void {
    this.#sender = new PreviewSender()
    this.#open.clear()
  }

  /** There is none: what is said now goes by the server alone. */
  end(): void {
    this.#sender = null
    this.#open.clear()
  }

  /**
   * The rows of now. Returns what is to be said. Only what was not there the time before goes ahead: a row that
   * waits from earlier may be in the log already.
   */
  follow(messages: readonly Message[], after: number, nowMs: number): Uint8Array<ArrayBuffer>[] {
    const records: Uint8Array<ArrayBuffer>[] = []
    const waiting = messages.filter(({ mine, seq, delivery }) => mine && seq === 0 && delivery === 'queued')
    for (const { id, body, replyTo } of waiting) {
      if (this.#known === null || this.#known.has(id) || body.kind !== 'text') continue
      const said = this.#sender?.say({ text: body.text, replyTo }, after, nowMs) ?? null
      if (said === null) continue
      this.#open.set(id, said.count)
      records.push(said.record)
    }
    const now = new Set(waiting.map(({ id }) => id))
    const before = (this.#known?.size ?? 0) < KNOWN_MAX ? (this.#known ?? []) : []
    this.#known = new Set([...before, ...now])
    for (const [id, count] of this.#open) {
      if (now.has(id)) continue
      this.#open.delete(id)
      const row = messages.findLast((message) => message.id === id)
      const record = this.#sender?.settle(count, row?.seq ?? 0) ?? null
      // A row that is gone was taken back while it was sent: nobody knows, and nothing is said of it.
      if (record !== null && row !== undefined) records.push(record)
    }
    return records
  }
}
