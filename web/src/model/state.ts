/** What the client knows, in memory; `Store` keeps it in step with IndexedDB. */
import type { Database } from './database'
import type {
  ContactRecord,
  ConversationRecord,
  DraftRecord,
  MetaRecords,
  OutboxRecord,
  PreferenceRecord,
  SyncRecord,
} from './records'
import type { AccountPreferences, Person, Session } from './types'

export class State {
  session: Session | null = null
  key: CryptoKeyPair | null = null
  sync: SyncRecord | null = null
  account: AccountPreferences | null = null
  readonly conversations = new Map<string, ConversationRecord>()
  readonly contacts = new Map<string, ContactRecord>()
  readonly people = new Map<string, Person>()
  readonly drafts = new Map<string, DraftRecord>()
  readonly preferences = new Map<string, PreferenceRecord>()
  readonly outbox = new Map<string, OutboxRecord>()

  get me(): string {
    return this.session?.me.user ?? ''
  }

  /** A person's name as far as it is known, else ''. */
  readonly nameOf = (user: string): string => this.people.get(user)?.name ?? ''

  /** A conversation's outbox in the order in which it is said. */
  outboxOf(log: string): OutboxRecord[] {
    if (this.outbox.size === 0) return []
    return [...this.outbox.values()].filter((record) => record.log === log).sort(inOrder)
  }

  clear(): void {
    this.session = null
    this.key = null
    this.sync = null
    this.account = null
    const { conversations, contacts, people, drafts, preferences, outbox } = this
    for (const map of [conversations, contacts, people, drafts, preferences, outbox]) map.clear()
  }

  /** Reads everything but events and blobs. */
  async load(database: Database): Promise<void> {
    this.clear()
    const meta = async <Key extends keyof MetaRecords>(key: Key): Promise<MetaRecords[Key] | null> =>
      ((await database.get('meta', key)) as MetaRecords[Key] | undefined) ?? null
    this.session = await meta('session')
    this.key = await meta('key')
    this.sync = await meta('sync')
    this.account = await meta('account')
    for (const record of await database.getAll('conversations')) this.conversations.set(record.log, record)
    for (const record of await database.getAll('contacts')) this.contacts.set(record.user, record)
    for (const person of await database.getAll('people')) this.people.set(person.user, person)
    for (const draft of await database.getAll('drafts')) this.drafts.set(draft.log, draft)
    for (const each of await database.getAll('preferences')) this.preferences.set(each.log, each)
    await this.loadOutbox(database)
  }

  /** Reads the outbox again: another tab changed it. */
  async loadOutbox(database: Database): Promise<void> {
    const records = await database.getAll('outbox')
    this.outbox.clear()
    for (const record of records) this.outbox.set(record.id, record)
  }
}

export function inOrder(a: OutboxRecord, b: OutboxRecord): number {
  return a.order - b.order || (a.id < b.id ? -1 : 1)
}
