/**
 * Tells the server how far this user has received and read (LOG17). What to say is always derived from
 * the state, so nothing is lost by a call that fails: the next occasion says it.
 */
import { Chat } from '../schema/chat_pb'
import { withMark } from './conversation'
import type { Call, Clock } from './feature'
import type { ConversationRecord } from './records'
import type { Store } from './store'
import { countsBelow, isUncertain, markOf } from './unread'

/** At most one call per conversation in this time. */
const COOL_DOWN_MS = 300

interface Mark {
  delivered: number
  read: number
}

export interface MarksOptions {
  call: Call
  store: Store
  clock: Clock
  /** How many are unread has to be asked for. */
  recount: (log: string) => void
}

export class Marks {
  readonly #options: MarksOptions
  /** What the server has, by log. */
  readonly #known = new Map<string, Mark>()
  readonly #cooling = new Set<string>()

  constructor(options: MarksOptions) {
    this.#options = options
    options.store.listen(({ events, session }) => {
      const { state } = options.store
      if (session && state.session === null) this.#known.clear()
      const heard = new Set(events.filter(({ author }) => author !== state.me).map(({ log }) => log))
      for (const log of heard) this.#say(log)
    })
  }

  /** What the server has is known: say what it lacks. */
  serverHas(log: string, { delivered, read }: Mark): void {
    this.#known.set(log, { delivered, read })
    queueMicrotask(() => this.#say(log))
  }

  /** The user has seen everything up to `seq`. */
  async read(log: string, seq: number): Promise<void> {
    await this.#move(log, ({ cursor }, me) => ({ user: me, delivered: 0, read: Math.min(seq, cursor) }))
    this.#say(log)
  }

  /** Somebody's marks moved, perhaps this user's on another device. */
  async moved(mark: Mark & { log: string; user: string }): Promise<void> {
    if (await this.#move(mark.log, () => mark)) this.#options.recount(mark.log)
  }

  /** Returns whether the number of unread messages has to be asked for. */
  #move(
    log: string,
    markIn: (record: ConversationRecord, me: string) => Mark & { user: string },
  ): Promise<boolean> {
    return this.#options.store.change((change) => {
      const record = change.state.conversations.get(log)
      if (record === undefined) return false
      const { me } = change.state
      const raised = withMark(record, me, markIn(record, me))
      if (raised !== record) change.putConversation(raised)
      return isUncertain(record, raised, me)
    })
  }

  #say(log: string): void {
    const { call, store, clock, recount } = this.#options
    const record = store.state.conversations.get(log)
    if (record === undefined || this.#cooling.has(log)) return
    const { read } = markOf(record, store.state.me)
    const known = this.#known.get(log) ?? { delivered: 0, read: 0 }
    const wanted = { delivered: Math.max(record.cursor, read), read }
    if (wanted.delivered <= known.delivered && wanted.read <= known.read) return
    this.#cooling.add(log)
    let refused = false
    clock.after(COOL_DOWN_MS, () => {
      this.#cooling.delete(log)
      if (!refused) this.#say(log)
    })
    this.#known.set(log, wanted)
    const said = call(Chat.method.mark, { log, ...wanted }).then(() => {
      // Now that the server has the same mark, its count is the right one.
      const now = store.state.conversations.get(log)
      if (now !== undefined && countsBelow(now) && wanted.read > known.read) recount(log)
    })
    said.catch(() => {
      refused = true
      if (this.#known.get(log) === wanted) this.#known.set(log, known)
    })
  }
}
