import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb'
import type {
  BlobRecord,
  ContactRecord,
  ConversationRecord,
  DraftRecord,
  EventRecord,
  MetaRecords,
  OutboxRecord,
  PreferenceRecord,
  TouchRecord,
} from './records'
import { NOTHING_ATTACHED } from './message'
import type { Person } from './types'

const VERSION = 3

interface Schema extends DBSchema {
  meta: { key: string; value: MetaRecords[keyof MetaRecords] }
  conversations: { key: string; value: ConversationRecord }
  events: { key: [string, number]; value: EventRecord }
  touches: { key: [string, number, number]; value: TouchRecord }
  contacts: { key: string; value: ContactRecord }
  people: { key: string; value: Person }
  outbox: { key: string; value: OutboxRecord }
  drafts: { key: string; value: DraftRecord }
  preferences: { key: string; value: PreferenceRecord }
  blobs: { key: string; value: BlobRecord; indexes: { usedAtMs: number } }
  features: { key: [string, string]; value: unknown }
  server: { key: string; value: unknown }
}

export type Database = IDBPDatabase<Schema>
export type WriteTransaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>
type UpgradeTransaction = IDBPTransaction<Schema, (StoreName | 'server')[], 'versionchange'>
export type StoreName =
  | 'meta'
  | 'conversations'
  | 'events'
  | 'touches'
  | 'contacts'
  | 'people'
  | 'outbox'
  | 'drafts'
  | 'preferences'
  | 'blobs'
  | 'features'

/** What is somebody's, and goes when they sign out: all but what is known of the server. */
export const STORES: StoreName[] = [
  'meta',
  'conversations',
  'events',
  'touches',
  'contacts',
  'people',
  'outbox',
  'drafts',
  'preferences',
  'blobs',
  'features',
]

/** Opens the client's database, creating it when needed. A newer client in another tab makes us close. */
export async function openDatabase(name: string, onOutdated: () => void): Promise<Database> {
  const database: Database = await openDB<Schema>(name, VERSION, {
    upgrade(created, oldVersion, _newVersion, transaction) {
      if (oldVersion < 2) created.createObjectStore('server')
      if (oldVersion < 3) {
        created.createObjectStore('touches', { keyPath: ['log', 'target', 'seq'] })
        created.createObjectStore('preferences', { keyPath: 'log' })
      }
      if (oldVersion >= 1) {
        if (oldVersion < 3) forgetCache(transaction)
        return
      }
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

/**
 * Before version 3 messages were kept in another shape. They come again from the server; what only this browser
 * has stays: who is signed in, and what waits to be sent.
 */
function forgetCache(transaction: UpgradeTransaction): void {
  const keep = (error: unknown): void => {
    if (!(error instanceof DOMException)) throw error // a failed request aborts the upgrade by itself
  }
  for (const name of ['conversations', 'events', 'drafts'] as const)
    void transaction.objectStore(name).clear().catch(keep)
  void transaction.objectStore('meta').delete('sync').catch(keep)
  void completeOutbox(transaction).catch(keep)
}

async function completeOutbox(transaction: UpgradeTransaction): Promise<void> {
  const outbox = transaction.objectStore('outbox')
  for (const record of await outbox.getAll()) {
    const { content } = record
    const more = { second: null, durationMs: 0, waveform: [] }
    const whole = content.kind === 'upload' ? { ...content, ...more } : content
    await outbox.put({ ...record, content: whole, attached: NOTHING_ATTACHED })
  }
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

/** Which events with a seq above `afterSeq` touch the rows from one seq to another, both included. */
export function touchRange(log: string, target: number, afterSeq: number, lastTarget = target): IDBKeyRange {
  return IDBKeyRange.bound([log, target, afterSeq + 1], [log, lastTarget, Number.MAX_SAFE_INTEGER])
}
