/** All folds of events into rows: those of chat itself, and those the features bring. */
import { fromBinary, getOption, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import {
  ConversationCreatedSchema,
  ConversationRenamedSchema,
  MemberLeftSchema,
  MembersAddedSchema,
  MessageRecalledSchema,
  MessageSentSchema,
} from '../schema/chat_pb'
import { event as eventOption } from '../schema/options_pb'
import { toContent } from './convert'
import type { LogEvent, ModelFeature } from './feature'
import type { Rows } from './rows'

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

const CHAT_FOLDS: readonly [DescMessage, Apply][] = [
  [MessageSentSchema, sent],
  fold(MessageRecalledSchema, (rows, _event, { seq }) => {
    const row = rows.get(seq)
    if (row !== undefined) rows.replace({ ...row, body: { kind: 'recalled' } })
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

/** An erased body is a message that was recalled: the event that says so stands later in the log (LOG12). */
function sent(rows: Rows, event: LogEvent): void {
  if (event.body.length === 0) {
    rows.add(event, { kind: 'recalled' })
    return
  }
  const content = toContent(decodeBody(MessageSentSchema, event.body)?.content)
  if (content !== null) rows.add(event, content)
}

/** Rows hold user ids where messages hold names: whoever shows them knows the newest (`presentation.ts`). */
function note(
  rows: Rows,
  event: LogEvent,
  text: 'created' | 'added' | 'left' | 'renamed',
  names: string[],
): void {
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

  /** `onFault` hears when a feature's fold throws: its event is left out, the log goes on. */
  constructor(features: readonly ModelFeature[] = [], onFault: (error: unknown) => void = throwLater) {
    for (const [schema, apply] of CHAT_FOLDS) this.#register(schema, apply)
    for (const { name, folds = [] } of features) {
      for (const feature of folds) {
        this.#register(feature.schema, (rows, event) => {
          const body = decodeBody(feature.schema, event.body)
          if (body === null) return
          try {
            feature.apply(rows.forFeature(name, event), event, body)
          } catch (error) {
            onFault(error)
          }
        })
      }
    }
  }

  /** Folds one event; one of an unknown kind changes nothing (LOG16). */
  apply(rows: Rows, event: LogEvent): void {
    this.#byKind.get(event.kind)?.(rows, event)
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
