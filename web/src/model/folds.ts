/** All folds of events into rows: those of chat itself, and those the features bring. */
import { fromBinary, getOption, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import {
  ConversationCreatedSchema,
  ConversationRenamedSchema,
  DisappearingChangedSchema,
  GroupChangedSchema,
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
  RoleChangedSchema,
} from '../schema/chat_pb'
import { event as eventOption } from '../schema/options_pb'
import { forwardedFrom, toAttached, toContent } from './content'
import { toRole } from './convert'
import type { LogEvent, ModelFeature } from './feature'
import { PLAIN } from './message'
import { Probe, type Rows } from './rows'
import type { Message, NoteKey } from './types'

/** The kind of a schema with the `hutong.event` option. */
export function kindOf(schema: DescMessage): number {
  const { kind } = getOption(schema, eventOption)
  if (kind === 0) throw new Error(`${schema.typeName} is neither an event nor a notice`)
  return kind
}

/** The body of an event or notice, or null when it is erased or does not decode (LOG12, LOG16). */
export function decodeBody<Desc extends DescMessage>(
  schema: Desc,
  body: Uint8Array,
): MessageShape<Desc> | null {
  if (body.length === 0) return null
  try {
    return fromBinary(schema, body)
  } catch {
    return null
  }
}

type Apply = (rows: Rows, event: LogEvent) => void

export const KIND_SENT = kindOf(MessageSentSchema)
export const KIND_RECALLED = kindOf(MessageRecalledSchema)
export const KIND_EDITED = kindOf(MessageEditedSchema)
export const KIND_DISAPPEARED = kindOf(MessagesDisappearedSchema)

const CHAT_FOLDS: readonly [DescMessage, Apply][] = [
  [MessageSentSchema, sent],
  fold(MessageRecalledSchema, (rows, _event, { seq }) => {
    const row = rows.get(seq)
    if (row !== undefined) rows.replace(emptied(row, 'recalled'))
  }),
  fold(MessagesDisappearedSchema, (rows, _event, { seqs }) => {
    for (const seq of seqs) {
      const row = rows.get(seq)
      if (row !== undefined) rows.replace(emptied(row, 'disappeared'))
    }
  }),
  fold(MessageEditedSchema, (rows, { atMs }, { seq, content }) => {
    const row = rows.get(seq)
    const body = toContent(content)
    if (row === undefined || body === null || isGone(row.body)) return
    const { mentions, preview } = toAttached(content)
    rows.replace({ ...row, body, mentions, preview, editedAtMs: atMs })
  }),
  fold(ConversationCreatedSchema, (rows, event, { group }) => {
    if (group) note(rows, event, 'created', [event.author])
  }),
  fold(MembersAddedSchema, (rows, event, { members }) => {
    note(rows, event, 'added', [event.author, ...members.map((member) => member.user)])
  }),
  fold(MemberLeftSchema, (rows, event, { user }) => {
    note(rows, event, 'left', [user])
  }),
  fold(ConversationRenamedSchema, (rows, event, { title }) => {
    note(rows, event, 'renamed', [event.author, title])
  }),
  fold(MemberRemovedSchema, (rows, event, { users }) => {
    note(rows, event, 'removed', [event.author, ...users])
  }),
  fold(MemberJoinedSchema, (rows, event, { member, by }) => {
    const user = member?.user ?? ''
    if (event.author === by && by !== user) note(rows, event, 'added', [by, user])
    else note(rows, event, 'joined', [user])
  }),
  fold(RoleChangedSchema, (rows, event, { user, role }) => {
    const text = { owner: 'owner', admin: 'admin', member: 'notAdmin' } as const
    note(rows, event, text[toRole(role)], [event.author, user])
  }),
  fold(MemberMutedSchema, (rows, event, { user, untilMs }) => {
    note(rows, event, untilMs > 0n ? 'muted' : 'unmuted', [event.author, user])
  }),
  fold(GroupChangedSchema, (rows, event) => {
    note(rows, event, 'settings', [event.author])
  }),
  fold(PictureChangedSchema, (rows, event, { blob }) => {
    note(rows, event, blob === '' ? 'pictureGone' : 'picture', [event.author])
  }),
  fold(DisappearingChangedSchema, (rows, event, { seconds }) => {
    const text = seconds === 0 ? 'disappearingOff' : 'disappearing'
    note(rows, event, text, seconds === 0 ? [event.author] : [event.author, String(seconds)])
  }),
  // Shows in the names of rows, and is no row itself.
  fold(NicknameChangedSchema, () => undefined),
]

function fold<Desc extends DescMessage>(
  schema: Desc,
  apply: (rows: Rows, event: LogEvent, body: MessageShape<Desc>) => void,
): [DescMessage, Apply] {
  return [
    schema,
    (rows, event) => {
      const body = decodeBody(schema, event.body)
      if (body !== null) apply(rows, event, body)
    },
  ]
}

/** An erased body is a message that is gone: the event that says why stands later in the log (LOG12). */
function sent(rows: Rows, event: LogEvent): void {
  if (event.body.length === 0) {
    rows.add(event, { kind: 'recalled' })
    return
  }
  const message = decodeBody(MessageSentSchema, event.body)
  const content = toContent(message?.content)
  if (content === null) return
  rows.add(event, content, {
    ...toAttached(message?.content),
    forwardedFrom: forwardedFrom(message?.content),
    disappearsAtMs: Number(message?.disappearsMs ?? 0),
  })
}

function isGone({ kind }: Message['body']): boolean {
  return kind === 'recalled' || kind === 'disappeared'
}

/** Nothing of what a message said stays. */
function emptied(row: Message, kind: 'recalled' | 'disappeared'): Message {
  const { id, seq, author, mine, atMs, delivery } = row
  return { ...PLAIN, id, seq, author, mine, atMs, delivery, body: { kind } }
}

/** Rows hold user ids where messages hold names: whoever shows them knows the newest (`presentation.ts`). */
function note(rows: Rows, event: LogEvent, text: NoteKey, names: string[]): void {
  rows.add(event, { kind: 'note', text, names })
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

export class Folds {
  readonly #byKind = new Map<number, Apply>()
  readonly #unreadKinds = new Set<number>()

  readonly #onFault: (error: unknown) => void

  /** `onFault` hears when a feature's fold throws: its event is left out, the log goes on. */
  constructor(features: readonly ModelFeature[] = [], onFault: (error: unknown) => void = throwLater) {
    this.#onFault = onFault
    for (const [schema, apply] of CHAT_FOLDS) this.#register(schema, apply)
    this.add(features)
  }

  /** Before the first event is folded. */
  add(features: readonly ModelFeature[]): void {
    for (const { name, folds = [] } of features) {
      for (const feature of folds) {
        this.#register(feature.schema, (rows, event) => {
          const body = decodeBody(feature.schema, event.body)
          if (body === null) return
          try {
            feature.apply(rows.forFeature(name, event), event, body)
          } catch (error) {
            this.#onFault(error)
          }
        })
      }
    }
  }

  /** Folds one event; one of an unknown kind changes nothing (LOG16). */
  apply(rows: Rows, event: LogEvent): void {
    this.#byKind.get(event.kind)?.(rows, event)
  }

  /**
   * The rows an event changes beside its own, by seq: found by folding it into rows that note who is asked for.
   * 0: its fold searches for the row it changes.
   */
  targets(event: LogEvent): readonly number[] {
    // The bulk of every log, which touches nothing.
    if (event.kind === KIND_SENT || event.body.length === 0) return []
    const probe = new Probe(event.log)
    this.apply(probe, event)
    return [...probe.asked].filter((seq) => seq < event.seq)
  }

  /** Whether an event counts as unread to `me`: what the server counts, by the same rule of the schema. */
  isUnread(event: LogEvent, me: string): boolean {
    return this.#unreadKinds.has(event.kind) && event.author !== me && event.body.length > 0
  }

  #register(schema: DescMessage, apply: Apply): void {
    const { kind, unread } = getOption(schema, eventOption)
    if (kind === 0 || this.#byKind.has(kind)) throw new Error(`${schema.typeName}: no kind, or taken`)
    this.#byKind.set(kind, apply)
    if (unread) this.#unreadKinds.add(kind)
  }
}
