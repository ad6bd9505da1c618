/**
 * What a feature adds to the model: folds of its events into timelines, and an API object of its own
 * that stands on calls, notices and a little storage. Features find each other nowhere; the shell finds
 * them by folder and hands their `ModelFeature`s to `createApp`.
 */
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { Clock } from '../link/clock'
import type { FilesApi } from './api'
import type { ConversationSummary, LinkState, Message, Observable, Session } from './types'

export type { Clock } from '../link/clock'
export { RpcError, type ErrorCode } from '../link/errors'

/** An event of a log as the client keeps it. */
export interface LogEvent {
  readonly log: string
  readonly seq: number
  readonly kind: number
  /** User id; '' when the server speaks. */
  readonly author: string
  readonly atMs: number
  /** The request key of the append, or empty. */
  readonly key: Uint8Array
  readonly body: Uint8Array
}

/**
 * The rows of one conversation while events are folded into them. Rows are never changed in place: the
 * views see a new object when, and only when, something changed.
 *
 * A fold runs over whatever stretch of the log is loaded (for the conversation list it is a single
 * row), so the row it looks for may be missing: then there is nothing to do.
 */
export interface TimelineFold {
  readonly log: string
  /** This user's id. */
  readonly me: string
  /** Adds a row `{kind: 'feature', feature, data}` at the event's place, drawn by `messageBody`. */
  addRow(data: unknown): void
  /** The row of the event with this seq. */
  row(seq: number): Message | undefined
  /** The newest of this feature's own rows whose data satisfies `matches`. */
  findRow(matches: (data: unknown) => boolean): Message | undefined
  /** Replaces the data of one of this feature's own rows. */
  setData(seq: number, data: unknown): void
  /** Replaces what this feature keeps on a message (`message.extras[feature]`); undefined removes it. */
  setExtra(seq: number, extra: unknown): void
}

/** How one kind of event changes a timeline. Pure: the same events in the same order give the same rows. */
export interface EventFold<Desc extends DescMessage = DescMessage> {
  /** A message with the `hutong.event` option. */
  schema: Desc
  /** Not called for an erased event (empty body, LOG12) or one that does not decode. */
  apply(timeline: TimelineFold, event: LogEvent, body: MessageShape<Desc>): void
}

/** Keeps the type of the body when folds stand in one list. */
export function eventFold<Desc extends DescMessage>(
  schema: Desc,
  apply: EventFold<Desc>['apply'],
): EventFold {
  return { schema, apply }
}

export interface CallOptions {
  /** 16 bytes; given when a retry after a reload must be the same request. Random otherwise. */
  key?: Uint8Array
  /** How long the caller waits, reconnects included; 20 s when left out; Infinity for "as long as it takes". */
  deadlineMs?: number
  signal?: AbortSignal
}

/** Sends one request; the link adds key, retries and deadline. Rejects with `RpcError`. */
export type Call = <Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  options?: CallOptions,
) => Promise<MessageShape<Output>>

/** A feature's own corner of IndexedDB; values are anything `structuredClone` takes. Gone at sign-out. */
export interface FeatureStorage {
  get(key: string): Promise<unknown>
  put(key: string, value: unknown): Promise<void>
  delete(key: string): Promise<void>
  keys(): Promise<string[]>
}

export interface FeatureContext {
  call: Call
  /** 'online' means signed in and answered; ask for what notices may have missed each time it comes. */
  link: Observable<LinkState>
  session: Observable<Session | null | undefined>
  conversations: Observable<ConversationSummary[] | undefined>
  /** Notices (never kept, may be lost) of a schema; returns the unsubscriber. */
  onNotice<Desc extends DescMessage>(schema: Desc, handle: (body: MessageShape<Desc>) => void): () => void
  /**
   * Events of a schema in any followed log, inbox included, each once for this client, after they are
   * stored. Those of the past come too when a client that was away catches up: look at `atMs`.
   */
  onEvent<Desc extends DescMessage>(
    schema: Desc,
    handle: (event: LogEvent, body: MessageShape<Desc>) => void,
  ): () => void
  /** The stored events of one schema in a log, oldest first: at most the newest 500. */
  events<Desc extends DescMessage>(
    log: string,
    schema: Desc,
  ): Promise<{ event: LogEvent; body: MessageShape<Desc> }[]>
  files: FilesApi
  storage: FeatureStorage
  clock: Clock
  /** Random bytes, cryptographic. */
  randomBytes(length: number): Uint8Array<ArrayBuffer>
}

export interface ModelFeature<Api = unknown> {
  name: string
  folds?: readonly EventFold[]
  /** Called once, when the app is created, before anybody is signed in. */
  create?(context: FeatureContext): Api
}
