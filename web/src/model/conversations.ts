/** The list of conversations: pinned ones first, then the newest. */
import { NO_PREFERENCES } from './convert'
import { fromOutbox, present, reachOf } from './presentation'
import { Value } from './observable'
import type { ConversationRecord, PreferenceRecord } from './records'
import type { Store } from './store'
import type { ConversationPreferences, ConversationSummary, Message } from './types'
import { mentionsOf, unreadOf } from './unread'

export class Conversations {
  readonly value = new Value<ConversationSummary[] | undefined>(undefined)
  readonly #store: Store
  readonly #typing: (log: string) => string[]
  readonly #summaries = new Map<string, ConversationSummary>()

  /** `typing` says which users are typing in a conversation. */
  constructor(store: Store, typing: (log: string) => string[]) {
    this.#store = store
    this.#typing = typing
    store.listen(({ conversations, elsewhere, people, session, synced }) => {
      if (elsewhere || people || session || synced)
        this.refresh([...this.#summaries.keys(), ...store.state.conversations.keys()])
      else if (conversations.size > 0) this.refresh(conversations)
    })
  }

  refresh(logs: Iterable<string>): void {
    const { session, sync, conversations } = this.#store.state
    // Right after signing in nobody knows yet whether there are any.
    if (session !== null && sync === null && conversations.size === 0) {
      this.#summaries.clear()
      this.value.set(undefined)
      return
    }
    const changed = new Set(logs)
    const fresh: ConversationSummary[] = []
    for (const log of changed) {
      const record = this.#store.state.conversations.get(log)
      this.#summaries.delete(log)
      if (record === undefined) continue
      const summary = this.#summarize(record)
      this.#summaries.set(log, summary)
      fresh.push(summary)
    }
    // A few move within a list that is in order already.
    const rest = (this.value.get() ?? []).filter(({ log }) => !changed.has(log))
    this.value.set(merged(rest, fresh.sort(inOrder)))
  }

  #summarize(record: ConversationRecord): ConversationSummary {
    const { state } = this.#store
    const { log, group, saved, members, memberCount, settings, disappearS } = record
    const peer = group ? null : (members.find(({ person }) => person.user !== state.me)?.person ?? null)
    const me = saved ? (state.session?.me ?? null) : null
    const last = this.#newest(record)
    const typing = this.#typing(log)
    const draft = state.drafts.get(log)
    return {
      log,
      group,
      saved,
      title: peer?.name ?? me?.name ?? record.title,
      picture: peer?.picture ?? me?.picture ?? record.picture,
      peer,
      members,
      memberCount,
      settings,
      disappearS,
      unread: unreadOf(record),
      ...mentionsOf(record),
      preferences: preferencesOf(state.preferences.get(log), last),
      last,
      atMs: Math.max(record.atMs, last?.atMs ?? 0),
      draft: draft?.text ?? '',
      draftReplyTo: draft?.replyTo ?? 0,
      typing: typing.map(state.nameOf).filter((name) => name !== ''),
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

function preferencesOf(record: PreferenceRecord | undefined, last: Message | null): ConversationPreferences {
  if (record === undefined) return NO_PREFERENCES
  const { pinnedAtMs, mutedUntilMs, hiddenSeq, markedUnread, mentionsNotify } = record
  // What waits to be sent has no seq yet, and is newer than all.
  const newest = last === null ? 0 : last.seq || Infinity
  const hidden = hiddenSeq > 0 && newest <= hiddenSeq
  return { pinnedAtMs, mutedUntilMs, hidden, markedUnread, mentionsNotify }
}

function inOrder(a: ConversationSummary, b: ConversationSummary): number {
  const pinned = b.preferences.pinnedAtMs - a.preferences.pinnedAtMs
  return pinned || b.atMs - a.atMs || (a.log < b.log ? -1 : 1)
}

function merged(
  some: readonly ConversationSummary[],
  others: readonly ConversationSummary[],
): ConversationSummary[] {
  const all: ConversationSummary[] = []
  let next = 0
  for (const each of some) {
    for (let other = others[next]; other !== undefined && inOrder(other, each) < 0; other = others[next]) {
      all.push(other)
      next += 1
    }
    all.push(each)
  }
  return [...all, ...others.slice(next)]
}
