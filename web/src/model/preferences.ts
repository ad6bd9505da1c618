/** What the person set, in step with the server: asked for on each connection, then followed in the inbox. */
import {
  Audience,
  ConversationChangedSchema,
  Preferences as Rpc,
  type GetReply,
} from '../schema/preferences_pb'
import type { PreferencesApi } from './api'
import { noPreferences, toAccount, toPreferences } from './convert'
import type { Drafts } from './drafts'
import type { Call, Clock } from './feature'
import { decodeBody, kindOf } from './folds'
import { retryMs } from '../link/patience'
import { Value } from './observable'
import type { PreferenceRecord } from './records'
import { isRefusal, type Store } from './store'
import type { AccountPreferences, ConversationPreferences } from './types'

const KIND_CHANGED = kindOf(ConversationChangedSchema)

export interface PreferencesOptions {
  call: Call
  store: Store
  drafts: Drafts
  clock: Clock
  random: () => number
}

export class PreferencesModel implements PreferencesApi {
  readonly account = new Value<AccountPreferences | null>(null)
  readonly #options: PreferencesOptions
  /** Counts connections: what an earlier one began ends with it. */
  #epoch = 0
  /** Conversations that changed while the whole was asked for: what is known of them is newer. */
  readonly #newer = new Set<string>()
  /** The last change of the account's; it is over when the server has answered, whatever it says. */
  #changing: Promise<void> = Promise.resolve()

  constructor(options: PreferencesOptions) {
    this.#options = options
    const { store } = options
    store.listen(({ events, account }) => {
      if (account) this.account.set(store.state.account)
      for (const { kind, body } of events) {
        if (kind === KIND_CHANGED)
          this.#newer.add(decodeBody(ConversationChangedSchema, body)?.conversation?.log ?? '')
      }
    })
  }

  /** A connection was signed in. */
  begin(): void {
    this.ended()
    void this.#fetch(this.#epoch)
  }

  /** The connection ended. */
  ended(): void {
    this.#epoch += 1
    this.#options.drafts.offline()
  }

  async #fetch(epoch: number): Promise<void> {
    const { call, clock, random, drafts } = this.#options
    this.#newer.clear()
    for (let attempt = 0; epoch === this.#epoch; attempt++) {
      try {
        const reply = await call(Rpc.method.get, {})
        if (epoch !== this.#epoch) return
        await this.#take(reply)
        await drafts.heard(reply.drafts)
        if (epoch === this.#epoch) drafts.online()
        return
      } catch (error) {
        // A server that knows no preferences is a good server all the same.
        if (isRefusal(error)) return
        await new Promise<void>((resolve) => void clock.after(retryMs(attempt, random()), resolve))
      }
    }
  }

  async #take({ account, conversations }: GetReply): Promise<void> {
    await this.#options.store.change((change) => {
      change.putAccount(toAccount(account))
      const listed = new Set(conversations.map(({ log }) => log))
      for (const each of conversations)
        if (!this.#newer.has(each.log)) change.putPreferences(toPreferences(each))
      for (const log of [...change.state.preferences.keys()])
        if (!listed.has(log) && !this.#newer.has(log)) change.deletePreferences(log)
    })
  }

  /** They are set as a whole: two changes at once would undo each other, so each waits for the one before. */
  changeAccount(change: (before: AccountPreferences) => AccountPreferences): Promise<void> {
    const changing = this.#changing.then(async () => {
      const before = this.#options.store.state.account
      if (before !== null) await this.#setAccount(change(before))
    })
    this.#changing = changing.catch(() => undefined)
    return changing
  }

  async #setAccount(account: AccountPreferences): Promise<void> {
    const { lastSeen, ...rest } = account
    const audience = lastSeen === 'nobody' ? Audience.NOBODY : Audience.CONTACTS
    await this.#options.call(Rpc.method.setAccount, { account: { ...rest, lastSeen: audience } })
    await this.#options.store.change((change) => change.putAccount(account))
  }

  async setConversation(log: string, wanted: Partial<ConversationPreferences>): Promise<void> {
    const { call, store } = this.#options
    const { hidden, ...rest } = wanted
    const before = this.#of(log)
    const newest = store.state.conversations.get(log)?.cursor ?? 0
    const hiddenSeq = hidden === undefined ? before.hiddenSeq : hidden ? newest : 0
    const after = { ...before, ...rest, hiddenSeq }
    await store.change((change) => change.putPreferences(after))
    const { pinnedAtMs, mutedUntilMs, markedUnread: unread, mentionsNotify: mentions } = after
    const times = { pinnedAtMs: BigInt(pinnedAtMs), mutedUntilMs: BigInt(mutedUntilMs) }
    try {
      await call(Rpc.method.setConversation, { conversation: { log, ...times, hiddenSeq, unread, mentions } })
    } catch (error) {
      await store.change((change) => change.putPreferences(before))
      throw error
    }
  }

  /** The person looks at a conversation: it is not marked as unread any more. */
  read(log: string): void {
    if (this.#of(log).markedUnread)
      void this.setConversation(log, { markedUnread: false }).catch(() => undefined)
  }

  #of(log: string): PreferenceRecord {
    return this.#options.store.state.preferences.get(log) ?? noPreferences(log)
  }
}
