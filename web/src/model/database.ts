import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb'
import type {
  BlobRecord,
  ContactRecord,
  ConversationRecord,
  DraftRecord,
  EventRecord,
  MetaRecords,
  OutboxRecord,
} from './records'
import type { Person } from './types'

const VERSION = 2

interface Schema extends DBSchema {
  meta: { key: string; value: MetaRecords[keyof MetaRecords] }
  conversations: { key: string; value: ConversationRecord }
  events: { key: [string, number]; value: EventRecord }
  contacts: { key: string; value: ContactRecord }
  people: { key: string; value: Person }
  outbox: { key: string; value: OutboxRecord }
  drafts: { key: string; value: DraftRecord }
  blobs: { key: string; value: BlobRecord; indexes: { usedAtMs: number } }
  features: { key: [string, string]; value: unknown }
  server: { key: string; value: unknown }
}

export type Database = IDBPDatabase<Schema>
export type WriteTransaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>
export type StoreName =
  'meta' | 'conversations' | 'events' | 'contacts' | 'people' | 'outbox' | 'drafts' | 'blobs' | 'features'

/** What is somebody's, and goes when they sign out: all but what is known of the server. */
export const STORES: StoreName[] = [
  'meta',
  'conversations',
  'events',
  'contacts',
  'people',
  'outbox',
  'drafts',
  'blobs',
  'features',
]

/** Opens the client's database, creating it when needed. A newer client in another tab makes us close. */
export async function openDatabase(name: string, onOutdated: () => void): Promise<Database> {
  const database: Database = await openDB<Schema>(name, VERSION, {
    upgrade(created, oldVersion) {
      if (oldVersion < 2) created.createObjectStore('server')
      if (oldVersion >= 1) return
      created.createObjectStore('meta')
      created.createObjectStore('conversations', { keyPath: 'log' })
      created.createObjectStore('events', { keyPath: ['log', 'seq'] })
      created.createObjectStore('contacts', { keyPath: 'user' })
      created.createObjectStore('people', { keyPath: 'user' })
      created.createObjectStore('outbox', { keyPath: 'id' })
      created.createObjectStore('drafts', { keyPath: 'log' })
      created.createObjectStore('blobs', { keyPath: 'blob' }).createIndex('usedAtMs', 'usedAtMs')
      created.createObjectStore('features')
    },
    blocking() {
      database.close()
      onOutdated()
    },
  })
  return database
}

/** The stored events of a log from one seq to another, both included; none when there is nothing between. */
export async function eventsBetween(
  database: Database,
  log: string,
  fromSeq: number,
  toSeq: number,
): Promise<EventRecord[]> {
  return fromSeq > toSeq ? [] : database.getAll('events', eventRange(log, fromSeq, toSeq))
}

/** All events of a log from one seq to another, both included. */
export function eventRange(log: string, fromSeq: number, toSeq: number): IDBKeyRange {
  return IDBKeyRange.bound([log, fromSeq], [log, toSeq])
}
