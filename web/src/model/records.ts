/** What the model keeps in IndexedDB and, for all but events and blobs, in memory. */
import type { LogEvent } from './feature'
import type {
  AccountPreferences,
  Attached,
  Content,
  ConversationPreferences,
  GroupSettings,
  Member,
  Message,
  Person,
  Relation,
  Session,
} from './types'

export type EventRecord = LogEvent

/** An event that changes the row of an earlier one (`Folds.targets`); `target` 0: folds have to look for it. */
export interface TouchRecord {
  readonly log: string
  readonly target: number
  readonly seq: number
}

/** A conversation as of the event `cursor`; every event from `low` to `cursor` is stored. */
export interface ConversationRecord {
  readonly log: string
  readonly group: boolean
  /** Groups only. */
  readonly title: string
  readonly picture: string
  readonly saved: boolean
  /** Longest-standing first, as the server orders them. Of a large group only some (`isListed`). */
  readonly members: readonly Member[]
  readonly memberCount: number
  /** The events alone did not tell who the members are, or how much is unread: the server is asked. */
  readonly stale: boolean
  readonly settings: GroupSettings | null
  readonly disappearS: number
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
  /** Those of the unread that mention this user; below their floor only their number and the first are known. */
  readonly mentionFloor: number
  readonly mentionSeqs: readonly number[]
  readonly mentionedBelow: number
  readonly firstMentionBelow: number
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

/** What has to be stored on the server before it can be said. */
export interface UploadContent {
  readonly kind: 'upload'
  readonly as: 'picture' | 'file' | 'voice' | 'video'
  readonly file: Blob
  /** Goes with it: a video's poster, the original of a picture that was made smaller. */
  readonly second: Blob | null
  readonly name: string
  readonly mediaType: string
  readonly width: number
  readonly height: number
  readonly durationMs: number
  readonly waveform: readonly number[]
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
  readonly attached: Attached
  readonly state: OutboxState
  readonly seq: number
  readonly error: string
  /** Of the error; older records have none. */
  readonly reason?: string
}

export interface DraftRecord {
  readonly log: string
  readonly text: string
  readonly replyTo: number
  /** The server's time of this draft, or of the one it replaces; 0 when it has none. */
  readonly atMs: number
  /** Written here, and not yet said to the server. */
  readonly unsaid: boolean
}

export interface PreferenceRecord extends Omit<ConversationPreferences, 'hidden'> {
  readonly log: string
  /** Hidden until there is something newer; 0: not hidden. */
  readonly hiddenSeq: number
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
  account: AccountPreferences
}
