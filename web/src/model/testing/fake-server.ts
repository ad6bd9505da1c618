/** For tests: a small server in memory that follows the rules a client relies on, with faults on demand. */
import { create, fromBinary, toBinary, type DescMessage, type DescMethod } from '@bufbuild/protobuf'
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { kindOf } from '../folds'
import { toHex } from '../../link/bytes'
import { rulesOf } from '../../link/method'
import { ScriptedServer, type ServerEnd } from '../../link/testing'
import { Chat, MessageEditedSchema, MessageSentSchema } from '../../schema/chat_pb'
import { Contacts } from '../../schema/contacts_pb'
import { Identity, type SessionReplySchema } from '../../schema/identity_pb'
import { Access } from '../../schema/options_pb'
import { Code, type Packet, type Request } from '../../schema/link_pb'
import { Log, PageSchema, type Event } from '../../schema/log_pb'
import {
  AccountChangedSchema,
  ConversationChangedSchema,
  DraftChangedSchema,
  Preferences as Rpc,
  type AccountSchema,
  type ConversationSchema as PreferenceSchema,
} from '../../schema/preferences_pb'
import { FakeRooms, type Room } from './fake-rooms'

export class Refusal extends Error {
  readonly code: Code
  readonly reason: string
  readonly retryAfterMs: number
  constructor(code: Code, message = 'No.', reason = '', retryAfterMs = 0) {
    super(message)
    this.code = code
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

interface Preferences {
  account: MessageInitShape<typeof AccountSchema>
  conversations: Map<string, MessageInitShape<typeof PreferenceSchema>>
  drafts: Map<string, { log: string; text: string; replyTo: number; atMs: bigint }>
}
/** What happens to a push on its way. */
export type Fate = 'deliver' | 'drop' | 'twice' | 'late'

type Handler = (request: never, user: string, key: Uint8Array, end: ServerEnd) => unknown

export class FakeServer extends FakeRooms {
  /** Off: a server of an earlier version. */
  hasPreferences = true
  readonly preferences = new Map<string, Preferences>()
  /** Off: `Chat.List` leaves members out, as it does when there are too many. */
  listsMembers = true
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
  readonly #answers = new Map<string, Uint8Array>()
  readonly #late: { event: Event; end: ServerEnd }[] = []
  readonly #handlers = new Map<number, { method: DescMethod; handle: Handler }>()

  constructor() {
    super()
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

  override notify<Desc extends DescMessage>(
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

  protected override appended(event: Event): void {
    for (const [end, logs] of this.follows) if (logs.has(event.log)) this.#push(end, event)
  }

  protected override unfollow(log: string, user: string): void {
    for (const [end, logs] of this.follows) if (this.users.get(end) === user) logs.delete(log)
  }

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
      const { code, message, reason, retryAfterMs } = error
      end.send({ replies: [{ id, error: { code, message, reason, retryAfterMs } }] })
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
    this.on(Chat.method.standing, ({ log, last }, user) => {
      this.#room(log, user)
      const later = (this.logs.get(log) ?? []).filter(
        ({ seq, kind }) => seq > last && kind !== kindOf(MessageSentSchema),
      )
      return { events: later.map((event) => ({ ...event, seq: 0 })), last }
    })
    this.on(Chat.method.members, ({ log, after, limit }, user) => {
      const all = this.#room(log, user).members.toSorted((a, b) => (a.user < b.user ? -1 : 1))
      const members = all.filter((member) => member.user > after).slice(0, limit || 50)
      return { members: members.map((member) => this.describeMember(member)), total: all.length }
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
          const first = this.firstReadable(log, user)
          if (first === 0) return create(PageSchema, { log, denied: true })
          logs.add(log)
          return this.page(log, Math.max(after, first - 1), Infinity, limit || 100, 'oldest')
        }),
      }
    })
    this.on(Log.method.read, ({ log, before, after, limit }, user) => {
      const first = this.firstReadable(log, user)
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

  #room(log: string, user: string): Room {
    const room = this.roomOf(log, user)
    if (room === undefined) throw new Refusal(Code.NOT_FOUND)
    return room
  }

  signIn(device: string, end: ServerEnd): MessageInitShape<typeof SessionReplySchema> {
    const user = device.split('/')[0] ?? ''
    const profile = this.profiles.get(user)
    if (profile === undefined || this.revoked.has(device)) throw new Refusal(Code.UNAUTHENTICATED)
    this.users.set(end, user)
    return { profile, device }
  }
}

/** By which tests know a method; those of preferences are called like others of chat. */
function nameOf({ localName, parent }: DescMethod): string {
  return parent.name === 'Preferences' ? `preferences.${localName}` : localName
}
