/**
 * What the views see. Plain data, no Protobuf, no DOM: the model folds events into these shapes and
 * publishes them through `Observable`s, whose contract is that of Svelte's stores.
 */

export interface Observable<T> {
  /** Calls `run` now and after every change; returns the unsubscriber. */
  subscribe(run: (value: T) => void): () => void
}

export type Path = 'unknown' | 'direct' | 'relayed' | 'stored'

/** `offline` is "we are trying"; `signedOut` is "there is no device on this browser". */
export type LinkState = 'connecting' | 'online' | 'offline'

/** Two root keys for one server: the one this browser knows, and the one it was shown. */
export interface OtherServer {
  kind: 'otherServer'
  known: string
  shown: string
  /** Who showed it: what answers at the address, or the code or address that was opened. */
  by: 'server' | 'code'
}

/**
 * Why this browser does not connect although there may be a network. untrue: what the server says of itself
 * is not signed, or is old.
 */
export type ServerTrouble = OtherServer | { kind: 'clock' | 'outdated' | 'untrue' }

export interface Person {
  user: string
  handle: string
  name: string
  /** Blob id of the picture, or ''. */
  picture: string
  about: string
}

export interface Session {
  me: Person
  device: string
  admin: boolean
}

export type Relation = 'none' | 'requested' | 'asked' | 'contact' | 'self'

export interface Contact {
  person: Person
  relation: Relation
  blocked: boolean
  greeting: string
}

export interface Device {
  device: string
  name: string
  createdAtMs: number
  seenAtMs: number
  current: boolean
  online: boolean
}

export interface PictureContent {
  kind: 'picture'
  blob: string
  thumbnail: string
  width: number
  height: number
  name: string
  sizeBytes: number
  mediaType: string
}
export interface FileContent {
  kind: 'file'
  blob: string
  name: string
  sizeBytes: number
  mediaType: string
}
export interface TextContent {
  kind: 'text'
  text: string
}
export type Content = TextContent | PictureContent | FileContent

/** queued: not yet acknowledged by the server; failed: refused, `error` says why, can be retried. */
export type Delivery = 'queued' | 'failed' | 'sent' | 'delivered' | 'read'

/** One row of a conversation's timeline. */
export interface Message {
  /** Stable identity for keyed lists: the request key in hex while queued and ever after. */
  id: string
  /** 0 while queued or failed. */
  seq: number
  author: string
  mine: boolean
  atMs: number
  body:
    | Content
    | { kind: 'recalled' }
    | { kind: 'feature'; feature: string; data: unknown } // drawn by that feature's `messageBody`
    | { kind: 'note'; text: NoteKey; names: string[] } // "Lin joined", rendered by the view
  delivery: Delivery
  /** Why it failed: a sentence from the server in the person's language, or a translation key. */
  error: string
  /** Upload progress 0..1 of a queued picture or file, or -1. */
  progress: number
  /** What features fold onto this message, by feature name (reactions, ...). */
  extras: Readonly<Record<string, unknown>>
}

/** `names`: created [by] · added [by, ...added] · left [who] · renamed [by, new title]. '' for an unknown person. */
export type NoteKey = 'created' | 'added' | 'left' | 'renamed'

export interface Member {
  person: Person
  owner: boolean
  delivered: number
  read: number
}

export interface ConversationSummary {
  log: string
  group: boolean
  /** The group's title, or the other person's name. */
  title: string
  picture: string
  /** The other person in a 1:1 conversation. */
  peer: Person | null
  members: Member[]
  unread: number
  /** Newest message, or null. */
  last: Message | null
  /** For sorting: time of the newest event. */
  atMs: number
  draft: string
  /** Names of members who are typing now. */
  typing: string[]
}

export interface Timeline {
  log: string
  messages: Message[]
  /** Older messages exist on the server. */
  hasMore: boolean
  loadingOlder: boolean
  /** The newest seq this user had read when the conversation was opened: the "new messages" line goes after it. */
  readBefore: number
}
