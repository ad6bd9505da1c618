/** What the client knows, in memory; `Store` keeps it in step with IndexedDB. */
import type { Database } from './database'
import type { ContactRecord, ConversationRecord, MetaRecords, OutboxRecord, SyncRecord } from './records'
import type { Person, Session } from './types'

export class State {
  session: Session | null = null
  key: CryptoKeyPair | null = null
  sync: SyncRecord | null = null
  readonly conversations = new Map<string, ConversationRecord>()
  readonly contacts = new Map<string, ContactRecord>()
  readonly people = new Map<string, Person>()
  readonly drafts = new Map<string, string>()
  readonly outbox = new Map<string, OutboxRecord>()

  get me(): string {
    return this.session?.me.user ?? ''
  }

  /** A person's name as far as it is known, else ''. */
  readonly nameOf = (user: string): string => this.people.get(user)?.name ?? ''

  /** A conversation's outbox in the order in which it is said. */
  outboxOf(log: string): OutboxRecord[] {
    return [...this.outbox.values()].filter((record) => record.log === log).sort(inOrder)
  }

  clear(): void {
    this.session = null
    this.key = null
    this.sync = null
    for (const map of [this.conversations, this.contacts, this.people, this.drafts, this.outbox]) map.clear()
  }

  /** Reads everything but events and blobs. */
  async load(database: Database): Promise<void> {
    this.clear()
    const meta = async <Key extends keyof MetaRecords>(key: Key): Promise<MetaRecords[Key] | null> =>
      ((await database.get('meta', key)) as MetaRecords[Key] | undefined) ?? null
    this.session = await meta('session')
    this.key = await meta('key')
    this.sync = await meta('sync')
    for (const record of await database.getAll('conversations')) this.conversations.set(record.log, record)
    for (const record of await database.getAll('contacts')) this.contacts.set(record.user, record)
    for (const person of await database.getAll('people')) this.people.set(person.user, person)
    for (const { log, text } of await database.getAll('drafts')) this.drafts.set(log, text)
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
