/**
 * One change of what the client knows: in memory at once, and as writes for the IndexedDB transaction
 * that makes it lasting. It can be taken back when that transaction fails.
 */
import { eventRange, STORES, touchRange, type WriteTransaction } from './database'
import type { LogEvent } from './feature'
import type {
  ContactRecord,
  ConversationRecord,
  DraftRecord,
  OutboxRecord,
  PreferenceRecord,
  SyncRecord,
  TouchRecord,
} from './records'
import type { State } from './state'
import type { AccountPreferences, Person, Session } from './types'

type Write = (transaction: WriteTransaction) => Promise<unknown>

/** What a commit changed; announced after it. */
export class Committed {
  /** Conversations whose record, draft or outbox changed, or that are gone. */
  readonly conversations = new Set<string>()
  /** Conversations whose stored events were replaced or extended downwards. */
  readonly reloaded = new Set<string>()
  /** Events that were folded, in their order, the inbox's included. */
  readonly events: LogEvent[] = []
  outbox = false
  /** Another tab had changed the outbox or the session; this one only took notice. */
  elsewhere = false
  session = false
  contacts = false
  people = false
  account = false
  /** What the server has was taken in for the first time. */
  synced = false
}

export class Change {
  readonly state: State
  readonly committed = new Committed()
  readonly #writes: Write[] = []
  readonly #undo: (() => void)[] = []

  constructor(state: State) {
    this.state = state
  }

  // ---- conversations and their events ----

  putConversation(record: ConversationRecord): void {
    this.#set(this.state.conversations, record.log, record)
    this.committed.conversations.add(record.log)
    this.#writes.push((tx) => tx.objectStore('conversations').put(record))
  }

  /** Stores events that extend what is stored of a log. */
  putEvents(events: readonly LogEvent[], touches: readonly TouchRecord[]): void {
    this.#writes.push((tx) => Promise.all(events.map((event) => tx.objectStore('events').put(event))))
    if (touches.length > 0)
      this.#writes.push((tx) => Promise.all(touches.map((touch) => tx.objectStore('touches').put(touch))))
  }

  /** An event was folded that is new to this client. */
  announceEvent(event: LogEvent): void {
    this.committed.events.push(event)
  }

  /** LOG12: a message that is gone leaves this browser too, with every wording (`editKind`) it had. */
  eraseMessage(log: string, seq: number, editKind: number): void {
    this.#writes.push(async (tx) => {
      const touches = await tx.objectStore('touches').getAll(touchRange(log, seq, 0))
      const events = tx.objectStore('events')
      for (const place of [seq, ...touches.map((touch) => touch.seq)]) {
        const event = await events.get([log, place])
        if (event === undefined || (place !== seq && event.kind !== editKind)) continue
        await events.put({ ...event, body: new Uint8Array() })
      }
    })
  }

  /** Forgets the stored events of a log; its record says where they begin anew. */
  deleteEvents(log: string): void {
    this.committed.reloaded.add(log)
    this.#writes.push((tx) => tx.objectStore('events').delete(eventRange(log, 0, Number.MAX_SAFE_INTEGER)))
    this.#writes.push((tx) =>
      tx.objectStore('touches').delete(touchRange(log, 0, 0, Number.MAX_SAFE_INTEGER)),
    )
  }

  /** Forgets the stored events below `low`; nobody looks at them. */
  deleteEventsBelow(log: string, low: number): void {
    this.#writes.push((tx) => tx.objectStore('events').delete(eventRange(log, 0, low - 1)))
  }

  /** The user is no longer in a conversation: nothing of it stays. */
  dropConversation(log: string): void {
    this.#delete(this.state.conversations, log)
    this.committed.conversations.add(log)
    this.deleteEvents(log)
    this.deleteDraft(log)
    this.deletePreferences(log)
    for (const record of this.state.outboxOf(log)) this.deleteOutbox(record.id)
    this.#writes.push((tx) => tx.objectStore('conversations').delete(log))
  }

  putDraft(draft: DraftRecord): void {
    const { log } = draft
    this.#set(this.state.drafts, log, draft)
    this.#writes.push((tx) => tx.objectStore('drafts').put(draft))
    this.committed.conversations.add(log)
  }

  deleteDraft(log: string): void {
    this.#delete(this.state.drafts, log)
    this.#writes.push((tx) => tx.objectStore('drafts').delete(log))
    this.committed.conversations.add(log)
  }

  // ---- preferences ----

  putPreferences(preferences: PreferenceRecord): void {
    const { log } = preferences
    this.#set(this.state.preferences, log, preferences)
    this.#writes.push((tx) => tx.objectStore('preferences').put(preferences))
    this.committed.conversations.add(log)
  }

  deletePreferences(log: string): void {
    this.#delete(this.state.preferences, log)
    this.#writes.push((tx) => tx.objectStore('preferences').delete(log))
    this.committed.conversations.add(log)
  }

  putAccount(account: AccountPreferences): void {
    const before = this.state.account
    this.#undo.push(() => (this.state.account = before))
    this.state.account = account
    this.committed.account = true
    this.#writes.push((tx) => tx.objectStore('meta').put(account, 'account'))
  }

  // ---- the outbox ----

  putOutbox(record: OutboxRecord): void {
    this.#set(this.state.outbox, record.id, record)
    this.#touchOutbox(record.log)
    this.#writes.push((tx) => tx.objectStore('outbox').put(record))
  }

  deleteOutbox(id: string): void {
    const record = this.state.outbox.get(id)
    if (record === undefined) return
    this.#delete(this.state.outbox, id)
    this.#touchOutbox(record.log)
    this.#writes.push((tx) => tx.objectStore('outbox').delete(id))
  }

  /** Another tab changed what is stored, and it was loaded again: everything may be different. */
  announceReload(): void {
    this.announceOutbox()
    Object.assign(this.committed, { session: true, contacts: true, people: true, account: true })
    for (const log of this.state.conversations.keys()) this.committed.reloaded.add(log)
  }

  announceOutbox(): void {
    Object.assign(this.committed, { elsewhere: true, outbox: true })
    for (const log of this.state.conversations.keys()) this.committed.conversations.add(log)
  }

  #touchOutbox(log: string): void {
    this.committed.outbox = true
    this.committed.conversations.add(log)
  }

  // ---- people ----

  putContact(record: ContactRecord): void {
    this.#set(this.state.contacts, record.user, record)
    this.committed.contacts = true
    this.putPerson(record.person)
    this.#writes.push((tx) => tx.objectStore('contacts').put(record))
  }

  deleteContact(user: string): void {
    this.#delete(this.state.contacts, user)
    this.committed.contacts = true
    this.#writes.push((tx) => tx.objectStore('contacts').delete(user))
  }

  /** Remembers whom a user id means; returns whether that is news. */
  putPerson(person: Person): boolean {
    const known = this.state.people.get(person.user)
    if (person.user === '' || (known !== undefined && isSame(known, person))) return false
    this.#set(this.state.people, person.user, person)
    this.committed.people = true
    this.#writes.push((tx) => tx.objectStore('people').put(person))
    return true
  }

  // ---- the session ----

  putSession(session: Session, key?: CryptoKeyPair): void {
    const before = { session: this.state.session, key: this.state.key }
    this.#undo.push(() => Object.assign(this.state, before))
    this.state.session = session
    if (key !== undefined) this.state.key = key
    this.committed.session = true
    this.putPerson(session.me)
    this.#writes.push(async (tx) => {
      await tx.objectStore('meta').put(session, 'session')
      if (key !== undefined) await tx.objectStore('meta').put(key, 'key')
    })
  }

  putSync(sync: SyncRecord): void {
    const before = this.state.sync
    this.#undo.push(() => (this.state.sync = before))
    this.state.sync = sync
    if (before === null) this.committed.synced = true
    this.#writes.push((tx) => tx.objectStore('meta').put(sync, 'sync'))
  }

  /** Forgets everything about everybody. Not taken back: what is in memory goes in any case. */
  wipe(): void {
    for (const log of [...this.state.conversations.keys(), ...this.state.drafts.keys()]) {
      this.committed.conversations.add(log)
      this.committed.reloaded.add(log)
    }
    this.state.clear()
    Object.assign(this.committed, {
      session: true,
      contacts: true,
      people: true,
      account: true,
      outbox: true,
    })
    this.#writes.push((tx) => Promise.all(STORES.map((store) => tx.objectStore(store).clear())))
  }

  // ---- for the store ----

  async write(transaction: WriteTransaction): Promise<void> {
    for (const write of this.#writes) await write(transaction)
  }

  get empty(): boolean {
    return this.#writes.length === 0
  }

  undo(): void {
    for (const step of this.#undo.reverse()) step()
  }

  #set<Key, Kept>(map: Map<Key, Kept>, key: Key, value: Kept): void {
    this.#remember(map, key)
    map.set(key, value)
  }

  #delete<Key, Kept>(map: Map<Key, Kept>, key: Key): void {
    this.#remember(map, key)
    map.delete(key)
  }

  #remember<Key, Kept>(map: Map<Key, Kept>, key: Key): void {
    const before = map.get(key)
    this.#undo.push(() => {
      if (before === undefined) map.delete(key)
      else map.set(key, before)
    })
  }
}

function isSame(a: Person, b: Person): boolean {
  const keys = ['name', 'picture', 'handle', 'about', 'bot', 'deleted'] as const
  return keys.every((key) => a[key] === b[key])
}
