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
  /** A program. */
  bot?: true
  /** The account has ended: the name says so, the handle stands for nobody. */
  deleted?: true
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

export interface TextContent {
  kind: 'text'
  text: string
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
  /** Blob id of the picture as it was taken, when `blob` is a smaller copy; else ''. */
  original: string
  originalBytes: number
}
export interface FileContent {
  kind: 'file'
  blob: string
  name: string
  sizeBytes: number
  mediaType: string
}
export interface VoiceContent {
  kind: 'voice'
  blob: string
  mediaType: string
  durationMs: number
  /** Loudness 0..255 of equal stretches; may be empty. */
  waveform: readonly number[]
  sizeBytes: number
  /** The same voice in Opus, when the first is SILK; else ''. */
  transcribed: string
}
export interface VideoContent {
  kind: 'video'
  blob: string
  /** Blob id of a still picture, or ''. */
  poster: string
  width: number
  height: number
  durationMs: number
  name: string
  sizeBytes: number
  mediaType: string
}
export interface LocationContent {
  kind: 'location'
  /** WGS 84, in degrees. */
  latitude: number
  longitude: number
  name: string
  address: string
}
export interface CardContent {
  kind: 'card'
  person: Person
}
export interface StickerContent {
  kind: 'sticker'
  blob: string
  width: number
  height: number
  emoji: string
  pack: string
}
/** The votes are `extras` of the feature that counts them. */
export interface PollContent {
  kind: 'poll'
  question: string
  options: readonly string[]
  multiple: boolean
  /** 0: when its author closes it. */
  closesAtMs: number
}
/** Several messages forwarded as one. */
export interface BundleContent {
  kind: 'bundle'
  title: string
  messages: readonly BundledMessage[]
}
export interface BundledMessage {
  author: Person
  atMs: number
  /** null: of a kind that is newer than this client. */
  content: Content | null
}
export type Content =
  | TextContent
  | PictureContent
  | FileContent
  | VoiceContent
  | VideoContent
  | LocationContent
  | CardContent
  | StickerContent
  | PollContent
  | BundleContent

/** Somebody is meant by a part of a text. */
export interface Mention {
  /** '' is everyone. */
  user: string
  /** In Unicode code points of the text. */
  start: number
  length: number
}

/** What stands behind a link in a text, as the server saw it. */
export interface LinkPreview {
  url: string
  title: string
  description: string
  site: string
  /** Blob id, or ''. */
  picture: string
  width: number
  height: number
  /** The server's word that it was it who looked. */
  proof: Uint8Array
}

/** What a message of any kind may carry beside its content. */
export interface Attached {
  /** seq of what this answers, 0 for nothing. */
  replyTo: number
  mentions: readonly Mention[]
  preview: LinkPreview | null
}

/** One wording of an edited message. */
export interface Wording extends Attached {
  content: Content | null
  atMs: number
}

/** queued: not yet acknowledged by the server; failed: refused, `error` says why, can be retried. */
export type Delivery = 'queued' | 'failed' | 'sent' | 'delivered' | 'read'

/** One row of a conversation's timeline. */
export interface Message extends Attached {
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
    | { kind: 'disappeared' } // its time had come; timelines leave it out
    | { kind: 'feature'; feature: string; data: unknown } // drawn by that feature's `messageBody`
    | { kind: 'note'; text: NoteKey; names: string[] } // "Lin joined", rendered by the view
  /** Whose words these are, when they were passed on. */
  forwardedFrom: Person | null
  /** When the present wording was written; 0: it is the first. */
  editedAtMs: number
  /** When it will be erased; 0 never. */
  disappearsAtMs: number
  delivery: Delivery
  /** Why it failed: the server's sentence, and its stable reason. */
  error: string
  reason: string
  /** Upload progress 0..1 of a queued picture or file, or -1. */
  progress: number
  /** What features fold onto this message, by feature name (reactions, ...). */
  extras: Readonly<Record<string, unknown>>
}

/**
 * `names`: the first is who did it, the others are whom it was done to, except: renamed [by, new title],
 * disappearing [by, seconds]. '' for an unknown person.
 */
export type NoteKey =
  | 'created'
  | 'added'
  | 'joined'
  | 'left'
  | 'removed'
  | 'renamed'
  | 'owner'
  | 'admin'
  | 'notAdmin'
  | 'muted'
  | 'unmuted'
  | 'settings'
  | 'picture'
  | 'pictureGone'
  | 'disappearing'
  | 'disappearingOff'

export type Role = 'member' | 'admin' | 'owner'

export interface Member {
  person: Person
  role: Role
  /** 0 in groups of more than 50 people. */
  delivered: number
  read: number
  /** In this group, '' for none. */
  nickname: string
  /** May not write before. */
  mutedUntilMs: number
}

export interface GroupSettings {
  inviting: 'members' | 'admins'
  /** Who comes by a link waits for an admin. */
  approval: boolean
  /** Newcomers see what was said before. */
  history: boolean
  /** Only the owner and admins may write. */
  adminsWrite: boolean
  announcement: string
}

/** What this user set for one conversation, the same on all of their devices. */
export interface ConversationPreferences {
  /** 0: not pinned to the top. */
  pinnedAtMs: number
  /** No sound and no notification before; -1 for good. */
  mutedUntilMs: number
  /** Out of the list until somebody writes. */
  hidden: boolean
  /** Marked as unread by hand; reading clears it. */
  markedUnread: boolean
  /** While muted, mentions still notify. */
  mentionsNotify: boolean
}

export interface AccountPreferences {
  /** Who sees whether this user is here, and when they were. */
  lastSeen: 'contacts' | 'nobody'
  hidePushContent: boolean
  /** Minutes after midnight in `zone` (IANA); equal means never. */
  quiet: { fromMin: number; toMin: number; zone: string }
  /** Of pushes: 'en', 'zh', or '' when none was chosen. */
  language: string
  pushOff: boolean
  /** With contacts who allow it too: texts also go from device to device. */
  directText: boolean
}

export interface ConversationSummary {
  log: string
  group: boolean
  /** The conversation with oneself; its title is one's own name. */
  saved: boolean
  /** The group's title, or the other person's name. */
  title: string
  picture: string
  /** The other person in a 1:1 conversation. */
  peer: Person | null
  /** All of them up to 50; of a larger group only oneself, the owner and the admins (`ChatApi.members` has all). */
  members: readonly Member[]
  memberCount: number
  /** null unless it is a group. */
  settings: GroupSettings | null
  /** Messages are erased so long after they were sent; 0 never. */
  disappearS: number
  /** Messages of others that were not read. */
  unread: number
  /** How many of them mention this user, or everyone; and the oldest of these, 0 for none. */
  mentioned: number
  firstMention: number
  preferences: ConversationPreferences
  /** Newest message, or null. */
  last: Message | null
  /** For sorting: time of the newest event. */
  atMs: number
  draft: string
  /** What the draft answers, 0 for nothing. */
  draftReplyTo: number
  /** Names of members who are typing now. */
  typing: string[]
}

/**
 * One stretch of a conversation: as it opens the newest messages, elsewhere after `ChatApi.jumpTo`. A bounded
 * number is kept; what is scrolled away from goes, and comes again with `loadOlder` and `loadNewer`.
 */
export interface Timeline {
  log: string
  /** Ascending; at the newest end what waits to be sent. */
  messages: readonly Message[]
  /** There are older, and newer, messages than the loaded ones. */
  hasMore: boolean
  hasNewer: boolean
  loadingOlder: boolean
  loadingNewer: boolean
  /** The newest seq this user had read when the conversation was opened: the "new messages" line goes after it. */
  readBefore: number
}
