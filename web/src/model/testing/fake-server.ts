/** For tests: a small server in memory that follows the rules a client relies on, with faults on demand. */
import { create, fromBinary, toBinary, type DescMessage, type DescMethod } from '@bufbuild/protobuf'
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { kindOf } from '../folds'
import { toHex } from '../../link/bytes'
import { rulesOf } from '../../link/method'
import { ScriptedServer, type ServerEnd } from '../../link/testing'
import {
  Chat,
  ConversationCreatedSchema,
  ConversationGoneSchema,
  ConversationJoinedSchema,
  ConversationRenamedSchema,
  ConversationSchema,
  DisappearingChangedSchema,
  GroupChangedSchema,
  MarkMovedSchema,
  MemberJoinedSchema,
  MemberLeftSchema,
  MemberMutedSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  MessageEditedSchema,
  MessageRecalledSchema,
  MessagesDisappearedSchema,
  MessageSentSchema,
  NicknameChangedSchema,
  PictureChangedSchema,
  Role,
  RoleChangedSchema,
  type ContentSchema,
  type Conversation,
  type GroupSettingsSchema,
  type MemberSchema,
  type Mention,
} from '../../schema/chat_pb'
import { Contacts, type ContactSchema } from '../../schema/contacts_pb'
import { Identity, type ProfileSchema, type SessionReplySchema } from '../../schema/identity_pb'
import { Access } from '../../schema/options_pb'
import { Code, type Packet, type Request } from '../../schema/link_pb'
import { EventSchema, Log, PageSchema, type Event, type Page } from '../../schema/log_pb'
import {
  AccountChangedSchema,
  ConversationChangedSchema,
  DraftChangedSchema,
  Preferences as Rpc,
  type AccountSchema,
  type ConversationSchema as PreferenceSchema,
} from '../../schema/preferences_pb'

export class Refusal extends Error {
  readonly code: Code
  readonly reason: string
  constructor(code: Code, message = 'No.', reason = '') {
    super(message)
    this.code = code
    this.reason = reason
  }
}

interface Member {
  user: string
  role: Role
  joined: number
  delivered: number
  read: number
  nickname: string
  mutedUntilMs: bigint
}
interface Room {
  log: string
  group: boolean
  title: string
  picture: string
  members: Member[]
  settings: MessageInitShape<typeof GroupSettingsSchema>
  disappearS: number
}
interface Preferences {
  account: MessageInitShape<typeof AccountSchema>
  conversations: Map<string, MessageInitShape<typeof PreferenceSchema>>
  drafts: Map<string, { log: string; text: string; replyTo: number; atMs: bigint }>
}
/** What happens to a push on its way. */
export type Fate = 'deliver' | 'drop' | 'twice' | 'late'

type Handler = (request: never, user: string, key: Uint8Array, end: ServerEnd) => unknown

/** Of larger groups only oneself, the owner and the admins are listed, and nobody's marks travel. */
const LISTED_MAX = 50

export class FakeServer {
  /** Off: a server of an earlier version. */
  hasPreferences = true
  readonly preferences = new Map<string, Preferences>()
  /** Off: `Chat.List` leaves members out, as it does when there are too many. */
  listsMembers = true
  readonly profiles = new Map<string, MessageInitShape<typeof ProfileSchema>>()
  readonly logs = new Map<string, Event[]>()
  readonly rooms = new Map<string, Room>()
  readonly contacts = new Map<string, MessageInitShape<typeof ContactSchema>[]>()
  readonly revoked = new Set<string>()
  /** Every request that was executed, by method name: what the client asked for. */
  readonly calls: { method: string; user: string; request: unknown }[] = []
  readonly users = new Map<ServerEnd, string>()
  readonly follows = new Map<ServerEnd, Set<string>>()
  readonly carriers: ScriptedServer
  fate: (event: Event) => Fate = () => 'deliver'
  /** Answers instead of the server: a refusal, or null for the usual answer. `false`: no answer at all. */
  refuse: (method: string, request: unknown) => Refusal | null | false = () => null
  /** The request is executed, but its answer is lost with the connection. */
  loses: (method: string) => boolean = () => false
  reachable = true
  /** Hears how many events a page or a conversation brings. */
  sending: (events: number) => void = () => undefined
  nowMs = 1_700_000_000_000
  readonly #answers = new Map<string, Uint8Array>()
  readonly #late: { event: Event; end: ServerEnd }[] = []
  readonly #handlers = new Map<number, { method: DescMethod; handle: Handler }>()

  constructor() {
    this.carriers = new ScriptedServer((packet, end) => this.#receive(packet, end))
    this.#register()
    this.#registerPreferences()
  }

  readonly open: ScriptedServer['open'] = (way, events) => {
    const channel = this.carriers.open(way, events)
    const end = this.carriers.newest
    setTimeout(() => {
      if (!this.reachable) end.close()
      else if (!end.closedByClient) {
        end.open()
        end.greet()
      }
    }, 0)
    return channel
  }

  // ---- what a test does ----

  addUser(user: string, name = user): void {
    this.profiles.set(user, { user, handle: user, name })
    this.logs.set(`inbox:${user}`, [])
    this.contacts.set(user, [])
  }

  addRoom(log: string, users: string[], group = false, title = ''): void {
    const owner = group ? users[0] : undefined
    const members = [...users]
      .sort()
      .map((user) => newMember(user, 1, user === owner ? Role.OWNER : Role.MEMBER))
    this.rooms.set(log, { log, group, title, picture: '', members, settings: {}, disappearS: 0 })
    const profiles = members.map(({ user }) => this.profiles.get(user) ?? {})
    this.append(log, ConversationCreatedSchema, { group, title, members: profiles }, users[0])
    for (const user of users) this.append(`inbox:${user}`, ConversationJoinedSchema, { log }, users[0])
  }

  append<Desc extends DescMessage>(
    log: string,
    schema: Desc,
    body: MessageInitShape<Desc>,
    author = '',
    key: Uint8Array = new Uint8Array(),
  ): Event {
    const events = this.logs.get(log) ?? []
    this.logs.set(log, events)
    const event = create(EventSchema, {
      log,
      seq: events.length + 1,
      kind: kindOf(schema),
      author,
      atMs: BigInt(++this.nowMs),
      key,
      body: toBinary(schema, create(schema, body)),
    })
    events.push(event)
    for (const [end, logs] of this.follows) if (logs.has(log)) this.#push(end, event)
    return event
  }

  say(log: string, author: string, text: string): Event {
    return this.append(log, MessageSentSchema, { content: { kind: { case: 'text', value: text } } }, author)
  }

  recall(log: string, author: string, seq: number): void {
    this.#erase(log, seq)
    this.append(log, MessageRecalledSchema, { seq }, author)
  }

  edit(log: string, author: string, seq: number, content: MessageInitShape<typeof ContentSchema>): void {
    this.append(log, MessageEditedSchema, { seq, content }, author)
  }

  disappear(log: string, seqs: number[]): void {
    for (const seq of seqs) this.#erase(log, seq)
    this.append(log, MessagesDisappearedSchema, { seqs })
  }

  /** LOG12: the message, and every wording it had. */
  #erase(log: string, seq: number): void {
    const edited = kindOf(MessageEditedSchema)
    for (const event of this.logs.get(log) ?? []) {
      const wording = event.kind === edited && event.body.length > 0
      if (event.seq === seq || (wording && fromBinary(MessageEditedSchema, event.body).seq === seq))
        event.body = new Uint8Array()
    }
  }

  join(log: string, by: string, user: string): void {
    const added = this.append(log, MembersAddedSchema, { members: [this.profiles.get(user) ?? {}] }, by)
    this.rooms.get(log)?.members.push(newMember(user, added.seq))
    this.append(`inbox:${user}`, ConversationJoinedSchema, { log }, by)
  }

  /** By a link. */
  arrive(log: string, user: string, by: string): void {
    const joined = this.append(log, MemberJoinedSchema, { member: this.profiles.get(user) ?? {}, by }, user)
    this.rooms.get(log)?.members.push(newMember(user, joined.seq))
    this.append(`inbox:${user}`, ConversationJoinedSchema, { log }, user)
  }

  leave(log: string, user: string): void {
    this.#depart(log, user)
    this.append(log, MemberLeftSchema, { user }, user)
    this.#tellGone(log, user)
  }

  remove(log: string, by: string, user: string): void {
    this.#depart(log, user)
    this.append(log, MemberRemovedSchema, { users: [user] }, by)
    this.#tellGone(log, user)
  }

  #depart(log: string, user: string): void {
    const room = this.rooms.get(log)
    const left = room?.members.find((member) => member.user === user)
    if (room === undefined || left === undefined) return
    const rest = room.members.filter((member) => member !== left)
    const heir = rest.find(({ role }) => role === Role.ADMIN) ?? rest[0]
    if (left.role === Role.OWNER && heir !== undefined) this.setRole(log, user, heir.user, Role.OWNER)
    room.members = rest
  }

  #tellGone(log: string, user: string): void {
    this.append(`inbox:${user}`, ConversationGoneSchema, { log }, user)
    for (const [end, logs] of this.follows) if (this.users.get(end) === user) logs.delete(log)
  }

  setRole(log: string, by: string, user: string, role: Role): void {
    const members = this.rooms.get(log)?.members ?? []
    const owner = members.find((member) => member.role === Role.OWNER)
    if (role === Role.OWNER && owner !== undefined) owner.role = Role.ADMIN
    for (const member of members) if (member.user === user) member.role = role
    this.append(log, RoleChangedSchema, { user, role }, by)
  }

  mute(log: string, by: string, user: string, untilMs: bigint): void {
    for (const member of this.rooms.get(log)?.members ?? [])
      if (member.user === user) member.mutedUntilMs = untilMs
    this.append(log, MemberMutedSchema, { user, untilMs }, by)
  }

  nickname(log: string, user: string, nickname: string): void {
    for (const member of this.rooms.get(log)?.members ?? [])
      if (member.user === user) member.nickname = nickname
    this.append(log, NicknameChangedSchema, { user, nickname }, user)
  }

  change(log: string, by: string, change: Partial<Pick<Room, 'settings' | 'picture' | 'disappearS'>>): void {
    const room = this.rooms.get(log)
    if (room === undefined) return
    Object.assign(room, change)
    const { settings, picture, disappearS } = change
    if (settings !== undefined) this.append(log, GroupChangedSchema, { settings }, by)
    if (picture !== undefined) this.append(log, PictureChangedSchema, { blob: picture }, by)
    if (disappearS !== undefined) this.append(log, DisappearingChangedSchema, { seconds: disappearS }, by)
  }

  rename(log: string, by: string, title: string): void {
    const room = this.rooms.get(log)
    if (room !== undefined) room.title = title
    this.append(log, ConversationRenamedSchema, { title }, by)
  }

  mark(log: string, user: string, delivered: number, read: number): void {
    const room = this.rooms.get(log)
    const member = room?.members.find((each) => each.user === user)
    if (room === undefined || member === undefined) return
    member.delivered = Math.max(member.delivered, delivered, read)
    member.read = Math.max(member.read, read)
    const large = room.members.length > LISTED_MAX
    for (const each of large ? [member] : room.members)
      this.notify(each.user, MarkMovedSchema, { log, user, delivered: member.delivered, read: member.read })
  }

  notify<Desc extends DescMessage>(
    user: string,
    schema: Desc,
    body: MessageInitShape<Desc>,
    except?: ServerEnd,
  ): void {
    const notice = { kind: kindOf(schema), body: toBinary(schema, create(schema, body)) }
    for (const [end, who] of this.users) if (who === user && end !== except) end.send({ notices: [notice] })
  }

  /** Delivers the pushes that were held back. */
  flushLate(): void {
    for (const { event, end } of this.#late.splice(0)) end.send({ events: [event] })
  }

  /** Breaks all connections, or those of one user. */
  disconnect(user?: string): void {
    for (const [end, who] of [...this.users]) {
      if (user !== undefined && who !== user) continue
      this.users.delete(end)
      this.follows.delete(end)
      end.close()
    }
  }

  asked(method: string): unknown[] {
    return this.calls.filter((call) => call.method === method).map(({ request }) => request)
  }

  // ---- the protocol ----

  #push(end: ServerEnd, event: Event): void {
    const fate = this.fate(event)
    if (fate === 'drop') return
    if (fate === 'late') {
      this.#late.push({ event, end })
      return
    }
    end.send({ events: fate === 'twice' ? [event, event] : [event] })
  }

  #receive(packet: Packet, end: ServerEnd): void {
    if (packet.ping !== 0) setTimeout(() => end.send({ pong: packet.ping }), 0)
    for (const request of packet.requests) setTimeout(() => this.#answer(request, end), 0)
  }

  #answer({ id, method, key, body }: Request, end: ServerEnd): void {
    if (end.closedByClient) return
    const found = this.#handlers.get(method)
    try {
      if (found === undefined) throw new Refusal(Code.NOT_FOUND, 'What?', 'unknown_method')
      const { input, output } = found.method
      const localName = nameOf(found.method)
      const request = fromBinary(input, body)
      const refusal = this.refuse(localName, request)
      if (refusal === false) return
      if (refusal !== null) throw refusal
      const user = this.users.get(end) ?? ''
      const rules = rulesOf(found.method)
      if (rules.access === Access.USER && user === '') throw new Refusal(Code.UNAUTHENTICATED)
      if (!rules.replaySafe && key.length !== 16) throw new Refusal(Code.INVALID_ARGUMENT, 'key')
      const known = rules.replaySafe ? undefined : this.#answers.get(user + toHex(key))
      this.calls.push({ method: localName, user, request })
      const reply = known ?? this.#handle(found.handle, output, request, user, key, end)
      if (!rules.replaySafe) this.#answers.set(user + toHex(key), reply)
      if (this.loses(localName)) this.disconnect(user)
      else end.send({ replies: [{ id, body: reply }] })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      end.send({
        replies: [{ id, error: { code: error.code, message: error.message, reason: error.reason } }],
      })
    }
  }

  #handle(
    handle: Handler,
    output: DescMessage,
    request: unknown,
    user: string,
    key: Uint8Array,
    end: ServerEnd,
  ): Uint8Array {
    return toBinary(
      output,
      create(output, handle(request as never, user, key, end) as MessageInitShape<DescMessage>),
    )
  }

  on<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethod & { input: Input; output: Output },
    handle: (
      request: MessageShape<Input>,
      user: string,
      key: Uint8Array,
      end: ServerEnd,
    ) => MessageInitShape<Output>,
  ): void {
    this.#handlers.set(rulesOf(method).id, { method, handle })
  }

  #register(): void {
    this.on(Identity.method.resume, ({ device }, _user, _key, end) => this.signIn(device, end))
    this.on(Identity.method.signUp, ({ handle, name }, _user, _key, end) => {
      this.addUser(handle, name)
      return this.signIn(`${handle}/1`, end)
    })
    this.on(Identity.method.logIn, ({ handle }, _user, _key, end) => this.signIn(`${handle}/2`, end))
    this.on(Identity.method.revokeDevice, ({ device }) => {
      this.revoked.add(device)
      return {}
    })
    this.on(Identity.method.getProfiles, ({ users }) => ({
      profiles: users.flatMap((user) => this.profiles.get(user) ?? []),
    }))
    this.on(Contacts.method.list, (_request, user) => ({ contacts: this.contacts.get(user) ?? [] }))
    this.on(Chat.method.list, ({ recent }, user) => ({
      conversations: [...this.rooms.values()]
        .filter(({ members }) => members.some((member) => member.user === user))
        .map((room) => this.describe(room, user, recent))
        .map((room) => (this.listsMembers ? room : { ...room, members: [] })),
    }))
    this.on(Chat.method.get, ({ log, recent }, user) => ({
      conversation: this.describe(this.#room(log, user), user, recent),
    }))
    this.on(Chat.method.send, ({ log, content }, user, key) => {
      this.#room(log, user)
      const body = content === undefined ? {} : { content }
      const event = this.append(log, MessageSentSchema, body, user, key)
      return { seq: event.seq, atMs: event.atMs }
    })
    this.on(Chat.method.recall, ({ log, seq }, user) => {
      this.recall(log, user, seq)
      return {}
    })
    this.on(Chat.method.edit, ({ log, seq, content }, user) => {
      this.edit(log, user, seq, content ?? {})
      return {}
    })
    this.on(Chat.method.history, ({ log, seq }) => {
      const events = this.logs.get(log) ?? []
      const first = events[seq - 1]
      const edits = events
        .filter(({ kind, body }) => kind === kindOf(MessageEditedSchema) && body.length > 0)
        .map(({ atMs, body }) => ({ atMs, ...fromBinary(MessageEditedSchema, body) }))
        .filter((edit) => edit.seq === seq)
      const sent = first && { atMs: first.atMs, content: fromBinary(MessageSentSchema, first.body).content }
      const wordings = [sent, ...edits].flatMap((each) => each ?? [])
      return { wordings: wordings.map(({ atMs, content }) => ({ atMs, ...(content && { content }) })) }
    })
    this.on(Chat.method.members, ({ log, after, limit }, user) => {
      const all = this.#room(log, user).members.toSorted((a, b) => (a.user < b.user ? -1 : 1))
      const members = all.filter((member) => member.user > after).slice(0, limit || 50)
      return { members: members.map((member) => this.#describeMember(member)), total: all.length }
    })
    this.on(Chat.method.mark, ({ log, delivered, read }, user) => {
      if (Math.max(delivered, read) > (this.logs.get(log)?.length ?? 0))
        throw new Refusal(Code.INVALID_ARGUMENT)
      this.mark(log, user, delivered, read)
      return {}
    })
    this.on(Chat.method.type, () => ({}))
    this.on(Log.method.follow, ({ cursors, limit }, user, _key, end) => {
      const logs = this.follows.get(end) ?? new Set()
      this.follows.set(end, logs)
      return {
        pages: cursors.map(({ log, after }) => {
          const first = this.#firstReadable(log, user)
          if (first === 0) return create(PageSchema, { log, denied: true })
          logs.add(log)
          return this.page(log, Math.max(after, first - 1), Infinity, limit || 100, 'oldest')
        }),
      }
    })
    this.on(Log.method.read, ({ log, before, after, limit }, user) => {
      const first = this.#firstReadable(log, user)
      if (first === 0) throw new Refusal(Code.NOT_FOUND)
      return { page: this.page(log, Math.max(after, first - 1), before || Infinity, limit || 50, 'newest') }
    })
  }

  /** What a user set; from nothing on. */
  preferencesOf(user: string): Preferences {
    const known = this.preferences.get(user) ?? { account: {}, conversations: new Map(), drafts: new Map() }
    this.preferences.set(user, known)
    return known
  }

  #registerPreferences(): void {
    const mine = (user: string): Preferences => {
      if (!this.hasPreferences) throw new Refusal(Code.NOT_FOUND, 'What?', 'unknown_method')
      return this.preferencesOf(user)
    }
    this.on(Rpc.method.get, (_request, user) => {
      const { account, conversations, drafts } = mine(user)
      return { account, conversations: [...conversations.values()], drafts: [...drafts.values()] }
    })
    this.on(Rpc.method.setAccount, ({ account = {} }, user) => {
      mine(user).account = account
      this.append(`inbox:${user}`, AccountChangedSchema, { account }, user)
      return {}
    })
    this.on(Rpc.method.setConversation, ({ conversation }, user) => {
      const { log = '' } = conversation ?? {}
      mine(user).conversations.set(log, conversation ?? {})
      this.append(`inbox:${user}`, ConversationChangedSchema, { conversation: conversation ?? {} }, user)
      return {}
    })
    this.on(Rpc.method.setDraft, ({ draft }, user, _key, end) => {
      const { log = '', text = '', replyTo = 0 } = draft ?? {}
      const kept = { log, text, replyTo, atMs: BigInt(++this.nowMs) }
      mine(user).drafts.set(log, kept)
      this.notify(user, DraftChangedSchema, { draft: kept }, end)
      return { atMs: kept.atMs }
    })
  }

  signIn(device: string, end: ServerEnd): MessageInitShape<typeof SessionReplySchema> {
    const user = device.split('/')[0] ?? ''
    const profile = this.profiles.get(user)
    if (profile === undefined || this.revoked.has(device)) throw new Refusal(Code.UNAUTHENTICATED)
    this.users.set(end, user)
    return { profile, device }
  }

  page(log: string, after: number, before: number, limit: number, which: 'oldest' | 'newest'): Page {
    const all = this.logs.get(log) ?? []
    const stretch = all.filter(({ seq }) => seq > after && seq < before)
    const events =
      which === 'oldest' ? stretch.slice(0, limit) : stretch.slice(Math.max(0, stretch.length - limit))
    this.sending(events.length)
    return create(PageSchema, { log, events: structuredClone(events), head: all.length })
  }

  describe(room: Room, user: string, recent: number): Conversation {
    const mine = room.members.find((member) => member.user === user)
    const joined = mine?.joined ?? 1
    const page = this.page(room.log, joined - 1, Infinity, recent, 'newest')
    const sent = kindOf(MessageSentSchema)
    const unread = (this.logs.get(room.log) ?? []).filter(
      ({ seq, author, kind, body }) =>
        seq > Math.max(mine?.read ?? 0, joined - 1) && author !== user && kind === sent && body.length > 0,
    )
    const listed =
      room.members.length <= LISTED_MAX
        ? room.members
        : room.members.filter(({ user: member, role }) => member === user || role !== Role.MEMBER)
    const mentioned = unread.filter((event) =>
      this.#mentions(event).some((each) => each.user === user || each.user === ''),
    )
    return create(ConversationSchema, {
      log: room.log,
      group: room.group,
      title: room.title,
      picture: room.picture,
      ...(room.group ? { settings: room.settings } : {}),
      disappearS: room.disappearS,
      saved: !room.group && room.members.length === 1,
      memberCount: room.members.length,
      members: listed.map((member) => this.#describeMember(member)),
      head: page.head,
      joined,
      unread: unread.length,
      mentioned: mentioned.length,
      firstMention: mentioned[0]?.seq ?? 0,
      recent: page.events,
    })
  }

  #describeMember({
    user,
    role,
    delivered,
    read,
    nickname,
    mutedUntilMs,
  }: Member): MessageInitShape<typeof MemberSchema> {
    return { profile: this.profiles.get(user) ?? {}, role, delivered, read, nickname, mutedUntilMs }
  }

  /** Whom the newest wording of a message mentions. */
  #mentions({ log, seq, body }: Event): Mention[] {
    const edited = kindOf(MessageEditedSchema)
    const edits = (this.logs.get(log) ?? [])
      .filter((event) => event.kind === edited && event.body.length > 0)
      .map((event) => fromBinary(MessageEditedSchema, event.body))
    const newest = edits.findLast((edit) => edit.seq === seq)
    return (newest ?? fromBinary(MessageSentSchema, body)).content?.mentions ?? []
  }

  #room(log: string, user: string): Room {
    const room = this.rooms.get(log)
    if (room === undefined || !room.members.some((member) => member.user === user))
      throw new Refusal(Code.NOT_FOUND)
    return room
  }

  #firstReadable(log: string, user: string): number {
    if (log.startsWith('inbox:')) return log === `inbox:${user}` ? 1 : 0
    return this.rooms.get(log)?.members.find((member) => member.user === user)?.joined ?? 0
  }
}

function newMember(user: string, joined: number, role = Role.MEMBER): Member {
  return { user, role, joined, delivered: joined - 1, read: joined - 1, nickname: '', mutedUntilMs: 0n }
}

/** By which tests know a method; those of preferences are called like others of chat. */
function nameOf({ localName, parent }: DescMethod): string {
  return parent.name === 'Preferences' ? `preferences.${localName}` : localName
}
