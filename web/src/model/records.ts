/** What the model keeps in IndexedDB and, for all but events and blobs, in memory. */
import type { LogEvent } from './feature'
import type { Content, Member, Message, Person, Relation, Session } from './types'

export type EventRecord = LogEvent

/** A conversation as of the event `cursor`; every event from `low` to `cursor` is stored. */
export interface ConversationRecord {
  readonly log: string
  readonly group: boolean
  /** Groups only. */
  readonly title: string
  readonly picture: string
  /** Longest-standing first, as the server orders them: the first inherits the group. */
  readonly members: readonly Member[]
  /** The first seq this user may see. */
  readonly joined: number
  readonly low: number
  readonly cursor: number
  /** Time of the event at the cursor. */
  readonly atMs: number
  /** Unread events of others, ascending: the newest of them, at most `UNREAD_SEQS_MAX`. */
  readonly unreadSeqs: readonly number[]
  /** How many more are unread with a seq below `unreadFloor`; the server counted those. */
  readonly unreadBelow: number
  readonly unreadFloor: number
  /** The newest row, its delivery left at 'sent'. */
  readonly last: Message | null
}

export interface ContactRecord {
  readonly user: string
  readonly person: Person
  readonly relation: Relation
  readonly blocked: boolean
  readonly greeting: string
}

/** What has to be stored before it can be said. */
export interface UploadContent {
  readonly kind: 'upload'
  readonly as: 'picture' | 'file'
  readonly file: Blob
  readonly name: string
  readonly mediaType: string
  readonly width: number
  readonly height: number
}

/** acknowledged: the server has it as `seq`; it waits here until its event arrives in the log. */
export type OutboxState = 'queued' | 'failed' | 'acknowledged'

export interface OutboxRecord {
  /** The key in hex; also the message's id. */
  readonly id: string
  readonly key: Uint8Array<ArrayBuffer>
  readonly log: string
  /** Grows with each record: the order in which they are said. */
  readonly order: number
  readonly atMs: number
  readonly content: Content | UploadContent
  readonly state: OutboxState
  readonly seq: number
  readonly error: string
}

export interface DraftRecord {
  readonly log: string
  readonly text: string
}

export interface BlobRecord {
  readonly blob: string
  readonly data: Blob
  readonly sizeBytes: number
  readonly usedAtMs: number
}

/** How far the cache as a whole is in step with the server. */
export interface SyncRecord {
  readonly inboxCursor: number
  /** When conversations and contacts were last known to be complete. */
  readonly syncedAtMs: number
}

/** What `meta` holds, by key. */
export interface MetaRecords {
  session: Session
  key: CryptoKeyPair
  sync: SyncRecord
}
