/** Who is typing where: said by notices, forgotten after a while, said again while it goes on. */
import { Chat } from '../schema/chat_pb'
import type { Call, Clock } from './feature'

/** Said again this often while somebody types; the other side forgets a little later than that. */
const REPEAT_MS = 3_000
const FORGET_MS = 6_000
/** People typing in one conversation that are worth showing. */
const TYPING_MAX = 20

export class Typing {
  readonly #call: Call
  readonly #clock: Clock
  readonly #onChange: (log: string) => void
  readonly #others = new Map<string, Map<string, () => void>>()
  readonly #saidAtMs = new Map<string, number>()

  constructor(call: Call, clock: Clock, onChange: (log: string) => void) {
    this.#call = call
    this.#clock = clock
    this.#onChange = onChange
  }

  /** User ids, in the order in which they began. */
  in(log: string): string[] {
    return [...(this.#others.get(log)?.keys() ?? [])]
  }

  /** A notice, or a message, which ends the typing of its author. */
  heard(log: string, user: string, typing: boolean): void {
    const others = this.#others.get(log) ?? new Map<string, () => void>()
    const known = others.get(user)
    known?.()
    if (typing && (known !== undefined || others.size < TYPING_MAX)) {
      this.#others.set(log, others)
      others.set(
        user,
        this.#clock.after(FORGET_MS, () => this.heard(log, user, false)),
      )
      if (known === undefined) this.#onChange(log)
    } else if (others.delete(user)) {
      if (others.size === 0) this.#others.delete(log)
      this.#onChange(log)
    }
  }

  /** This user types, or stopped. Nothing depends on its arrival. */
  say(log: string, typing: boolean): void {
    const now = this.#clock.nowMs()
    const saidAtMs = this.#saidAtMs.get(log)
    if (typing ? saidAtMs !== undefined && now - saidAtMs < REPEAT_MS : saidAtMs === undefined) return
    if (typing) this.#saidAtMs.set(log, now)
    else this.#saidAtMs.delete(log)
    this.#call(Chat.method.type, { log, typing }, { deadlineMs: REPEAT_MS }).catch(() => undefined)
  }

  /** A message was sent: the others know by that. */
  sent(log: string): void {
    this.#saidAtMs.delete(log)
  }

  clear(): void {
    for (const others of this.#others.values()) for (const cancel of others.values()) cancel()
    const logs = [...this.#others.keys()]
    this.#others.clear()
    this.#saidAtMs.clear()
    for (const log of logs) this.#onChange(log)
  }
}
