/** The list of conversations, newest first. */
import { unreadOf } from './conversation'
import { fromOutbox, present, reachOf } from './presentation'
import { Value } from './observable'
import type { ConversationRecord } from './records'
import type { Store } from './store'
import type { ConversationSummary, Message } from './types'

export class Conversations {
  readonly value = new Value<ConversationSummary[] | undefined>(undefined)
  readonly #store: Store
  readonly #typing: (log: string) => string[]
  readonly #summaries = new Map<string, ConversationSummary>()

  /** `typing` says which users are typing in a conversation. */
  constructor(store: Store, typing: (log: string) => string[]) {
    this.#store = store
    this.#typing = typing
    store.listen(({ conversations, elsewhere, people }) => {
      if (elsewhere || people) this.refresh([...this.#summaries.keys(), ...store.state.conversations.keys()])
      else if (conversations.size > 0) this.refresh(conversations)
    })
  }

  refresh(logs: Iterable<string>): void {
    for (const log of logs) {
      const record = this.#store.state.conversations.get(log)
      if (record === undefined) this.#summaries.delete(log)
      else this.#summaries.set(log, this.#summarize(record))
    }
    this.value.set([...this.#summaries.values()].sort((a, b) => b.atMs - a.atMs || (a.log < b.log ? -1 : 1)))
  }

  #summarize(record: ConversationRecord): ConversationSummary {
    const { state } = this.#store
    const { log, group, members } = record
    const peer = group ? null : (members.find(({ person }) => person.user !== state.me)?.person ?? null)
    const last = this.#newest(record)
    const typing = this.#typing(log)
    return {
      log,
      group,
      title: peer?.name ?? record.title,
      picture: peer?.picture ?? record.picture,
      peer,
      members: [...members],
      unread: unreadOf(record),
      last,
      atMs: Math.max(record.atMs, last?.atMs ?? 0),
      draft: state.drafts.get(log) ?? '',
      typing: members.filter(({ person }) => typing.includes(person.user)).map(({ person }) => person.name),
    }
  }

  #newest(record: ConversationRecord): Message | null {
    const { state } = this.#store
    const waiting = state.outboxOf(record.log).at(-1)
    if (waiting !== undefined) return fromOutbox(waiting, state.me, -1)
    if (record.last === null) return null
    return present(record.last, { reach: reachOf(record, state.me), nameOf: state.nameOf })
  }
}
