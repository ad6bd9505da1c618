/** For tests: people, conversations and their logs in memory, as a server keeps them. */
import { create, fromBinary, toBinary, type DescMessage } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { kindOf } from '../folds'
import {
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
import type { ContactSchema } from '../../schema/contacts_pb'
import type { ProfileSchema } from '../../schema/identity_pb'
import { EventSchema, PageSchema, type Event, type Page } from '../../schema/log_pb'

interface Member {
  user: string
  role: Role
  joined: number
  delivered: number
  read: number
  nickname: string
  mutedUntilMs: bigint
}
export interface Room {
  log: string
  group: boolean
  title: string
  picture: string
  members: Member[]
  settings: MessageInitShape<typeof GroupSettingsSchema>
  disappearS: number
}
/** Of larger groups only oneself, the owner and the admins are listed, and nobody's marks travel. */
const LISTED_MAX = 50

export abstract class FakeRooms {
  readonly profiles = new Map<string, MessageInitShape<typeof ProfileSchema>>()
  readonly logs = new Map<string, Event[]>()
  readonly rooms = new Map<string, Room>()
  readonly contacts = new Map<string, MessageInitShape<typeof ContactSchema>[]>()
  /** Hears how many events a page or a conversation brings. */
  sending: (events: number) => void = () => undefined
  nowMs = 1_700_000_000_000

  /** An event is in its log: to be pushed. */
  protected abstract appended(event: Event): void
  /** A user reads a log no longer. */
  protected abstract unfollow(log: string, user: string): void
  /** Tells a user's devices something that is not in a log. */
  abstract notify<Desc extends DescMessage>(user: string, schema: Desc, body: MessageInitShape<Desc>): void

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
    this.appended(event)
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
    this.unfollow(log, user)
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

  // ---- what is asked ----

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
      members: listed.map((member) => this.describeMember(member)),
      head: page.head,
      joined,
      unread: unread.length,
      mentioned: mentioned.length,
      firstMention: mentioned[0]?.seq ?? 0,
      recent: page.events,
    })
  }

  describeMember({
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

  /** A conversation of this user's; undefined for any other. */
  roomOf(log: string, user: string): Room | undefined {
    const room = this.rooms.get(log)
    return room?.members.some((member) => member.user === user) === true ? room : undefined
  }

  firstReadable(log: string, user: string): number {
    if (log.startsWith('inbox:')) return log === `inbox:${user}` ? 1 : 0
    return this.rooms.get(log)?.members.find((member) => member.user === user)?.joined ?? 0
  }
}

function newMember(user: string, joined: number, role = Role.MEMBER): Member {
  return { user, role, joined, delivered: joined - 1, read: joined - 1, nickname: '', mutedUntilMs: 0n }
}
