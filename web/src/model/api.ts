/**
 * The whole surface between the model and the views. Views import nothing else of the model;
 * `createApp` in `app.ts` puts the parts together. Every promise rejects with `RpcError`, whose
 * `message` is a sentence for the person.
 */
import type {
  AccountPreferences,
  Attached,
  CardContent,
  Contact,
  ConversationPreferences,
  ConversationSummary,
  Device,
  GroupSettings,
  LinkState,
  LocationContent,
  Member,
  Observable,
  Person,
  PollContent,
  Role,
  ServerTrouble,
  Session,
  StickerContent,
  TextContent,
  Timeline,
  VoiceContent,
  Wording,
} from './types'

export interface SessionApi {
  /** undefined until storage was read; null when nobody is signed in on this browser. */
  readonly session: Observable<Session | null | undefined>
  readonly link: Observable<LinkState>
  readonly serverName: Observable<string>
  /** Somebody was signed in here until the server ended it, since the page was opened. */
  readonly ended: Observable<boolean>
  signUp(handle: string, name: string, password: string, invitation: string): Promise<void>
  logIn(handle: string, password: string): Promise<void>
  /** Signs this device out, on the server too when it is reachable, and forgets everything stored. */
  signOut(): Promise<void>
  listDevices(): Promise<Device[]>
  revokeDevice(device: string): Promise<void>
  changePassword(oldPassword: string, newPassword: string): Promise<void>
  updateProfile(name: string, about: string, picture: string): Promise<void>
  /** New device: returns what the QR code holds; resolves `signedIn` when another device approved it. */
  startDeviceLink(): Promise<{ token: string; expiresAtMs: number; signedIn: Promise<void> }>
  inspectDeviceLink(token: string): Promise<string>
  approveDeviceLink(token: string): Promise<void>
}

export interface ServerApi {
  /** null when nothing is known to be wrong. */
  readonly trouble: Observable<ServerTrouble | null>
  /** The root key the server is known by here, as its address names it; '' before the first contact. */
  readonly root: Observable<string>
  /** How the present connection travels: a line that stays open, or requests one after the other. */
  readonly way: Observable<'' | 'line' | 'post'>
  /** A code or an address names the server's root key. */
  expect(root: string): Promise<void>
  /** The person has found out that the other server is the right one: from now on it is the one known. */
  trust(): Promise<void>
  /** The person goes on with the server known here, whatever the code said. */
  stay(): void
}

export interface ContactsApi {
  readonly contacts: Observable<Contact[]>
  /** Everybody this client knows by name, by user id: contacts, members, former members, oneself. */
  readonly people: Observable<ReadonlyMap<string, Person>>
  /** Asks the server who somebody is whom `people` does not know yet; resolves when it has answered, or cannot. */
  lookUp(user: string): Promise<void>
  find(handle: string): Promise<Contact>
  ask(user: string, greeting: string): Promise<void>
  answer(user: string, accept: boolean): Promise<void>
  remove(user: string): Promise<void>
  block(user: string, blocked: boolean): Promise<void>
}

/** What can be said without a file of this device's. */
export type SayableContent =
  | TextContent
  | LocationContent
  | CardContent
  | StickerContent
  | PollContent
  /** One that the server made of another. */
  | VoiceContent

/** A file on its way into a conversation, and what is known about it. */
export type UploadableFile =
  /** A picture gets a thumbnail from the server; `original` is the same before it was made smaller. */
  | { as: 'picture'; file: File; original?: Blob }
  | { as: 'file'; file: File }
  | { as: 'voice'; file: Blob; durationMs: number; waveform: readonly number[] }
  | { as: 'video'; file: File; poster?: Blob; width: number; height: number; durationMs: number }

export interface ChatApi {
  /** Pinned ones first, then newest first; hidden ones are in it. undefined until the cache was read. */
  readonly conversations: Observable<ConversationSummary[] | undefined>
  timeline(log: string): Observable<Timeline>
  /** It may be opened next: what it shows then is read already. Never rejects. */
  readAhead(log: string): Promise<void>
  /** The conversation with a contact, or with oneself (saved messages); resolves with its log id. */
  open(user: string): Promise<string>

  // ---- groups ----
  createGroup(title: string, users: string[]): Promise<string>
  addMembers(log: string, users: string[]): Promise<void>
  removeMembers(log: string, users: string[]): Promise<void>
  leave(log: string): Promise<void>
  rename(log: string, title: string): Promise<void>
  /** '' takes the picture away. */
  setPicture(log: string, blob: string): Promise<void>
  changeGroup(log: string, settings: GroupSettings): Promise<void>
  /** 'owner' hands the group over. */
  setRole(log: string, user: string, role: Role): Promise<void>
  /** 0: may write again. */
  muteMember(log: string, user: string, untilMs: number): Promise<void>
  /** One's own name in a group. */
  setNickname(log: string, nickname: string): Promise<void>
  /** 0: messages stay. */
  setDisappearing(log: string, seconds: number): Promise<void>
  /** All members, of a large group as the server last listed them. */
  members(log: string): Promise<readonly Member[]>

  // ---- messages ----
  // Queued durably in this browser, shown at once, sent when the link is up; never rejects for a lost link.
  sendText(log: string, text: string, attached?: Partial<Attached>): Promise<void>
  send(log: string, content: SayableContent, attached?: Partial<Attached>): Promise<void>
  /** Uploads with resume, then sends. Messages of other conversations do not wait for it. */
  sendFile(log: string, file: UploadableFile, attached?: Partial<Attached>): Promise<void>
  sendPicture(log: string, file: File): Promise<void>
  sendStoredFile(log: string, file: File): Promise<void>
  retry(log: string, id: string): Promise<void>
  discard(log: string, id: string): Promise<void>
  recall(log: string, seq: number): Promise<void>
  /** New words for one's own message. */
  edit(log: string, seq: number, content: TextContent, attached?: Partial<Attached>): Promise<void>
  /** All wordings of a message, the first one first. */
  history(log: string, seq: number): Promise<Wording[]>
  /** Calls `run` when messages, loaded or not, have other words or none any more; returns what ends it. */
  onReworded(run: (log: string, seqs: readonly number[]) => void): () => void
  /** Passes messages on, one by one or as one bundle. */
  forward(from: string, seqs: readonly number[], to: string, merged: boolean): Promise<void>
  /** Who has seen a message of one's own in a group: user ids, at most 200 of `total`. */
  readers(log: string, seq: number): Promise<{ users: string[]; total: number }>

  // ---- the place in a timeline ----
  loadOlder(log: string): Promise<void>
  loadNewer(log: string): Promise<void>
  /** Loads the stretch around `seq`; resolves when the timeline shows it. */
  jumpTo(log: string, seq: number): Promise<void>
  /** Loads the newest stretch, when another one is shown. */
  showNewest(log: string): Promise<void>
  /** The view shows everything up to `seq`; coalesced. */
  markRead(log: string, seq: number): void
  setTyping(log: string, typing: boolean): void
  saveDraft(log: string, text: string, replyTo?: number): void
}

export interface PreferencesApi {
  /** null until they are known. */
  readonly account: Observable<AccountPreferences | null>
  /** `change` gets what was set before, by an earlier call as well that the server has not yet answered. */
  changeAccount(change: (before: AccountPreferences) => AccountPreferences): Promise<void>
  /** Pin, mute, hide, mark as unread: shown at once, taken back when the server refuses. */
  setConversation(log: string, change: Partial<ConversationPreferences>): Promise<void>
}

export interface FilesApi {
  /** An object URL for a blob, cached in this browser; release it when the view is gone. */
  url(blob: string, mediaType?: string): Promise<string>
  /** Uploads with resume; resolves with the blob id. */
  upload(file: Blob, onProgress?: (doneBytes: number) => void): Promise<string>
  save(blob: string, name: string, mediaType: string, onProgress?: (doneBytes: number) => void): Promise<void>
}

/** What this browser stores. */
export interface KeptSpace {
  /** Of all conversations together. */
  filesBytes: number
  /** Those with most first; events are messages, and what happened to them. */
  conversations: { log: string; events: number }[]
}

export interface KeptApi {
  space(): Promise<KeptSpace>
  /** Lets go of a conversation's files and all but its newest messages; both come again when they are looked at. */
  clear(log: string): Promise<void>
}

export interface App {
  server: ServerApi
  session: SessionApi
  contacts: ContactsApi
  chat: ChatApi
  preferences: PreferencesApi
  files: FilesApi
  kept: KeptApi
  /** What each feature's `create` returned, by feature name; a feature exports a typed accessor of its own. */
  features: ReadonlyMap<string, unknown>
  /** Waits for `features`; who is signed in has them from the beginning. */
  ready(): Promise<void>
}
