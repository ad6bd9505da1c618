/**
 * What this device says: stored before it is shown, sent in order, one after the other in each
 * conversation, with a key that makes a repetition harmless.
 */
import type { MessageInitShape } from '@bufbuild/protobuf'
import { RpcError, toRpcError } from '../link/errors'
import { retryMs } from '../link/patience'
import { Chat, type ContentSchema } from '../schema/chat_pb'
import { toHex } from '../link/bytes'
import type { Call, Clock } from './feature'
import type { OutboxRecord, UploadContent } from './records'
import type { Store } from './store'
import type { Content } from './types'
import type { Stored, UploadOptions } from './upload'

const KEY_BYTES = 16
/** All conversations together. */
export const OUTBOX_MAX = 2_000
/** The server remembers first answers for 14 days; what is older is not sent without being asked for. */
const AGE_MS_MAX = 13 * 24 * 3600 * 1000
/** Times a refusal that says "later" is believed. */
const LATER_MAX = 8

export interface OutboxOptions {
  call: Call
  store: Store
  clock: Clock
  random: () => number
  randomBytes: (length: number) => Uint8Array<ArrayBuffer>
  /** Stores a file on the server. */
  upload(file: Blob, options: UploadOptions): Promise<Stored>
  /** An upload moved on. */
  onProgress(log: string): void
}

export class Outbox {
  readonly #options: OutboxOptions
  /** Conversations that are being worked on. */
  readonly #busy = new Map<string, AbortController>()
  readonly #progress = new Map<string, number>()
  #leading = false

  constructor(options: OutboxOptions) {
    this.#options = options
    options.store.listen(({ outbox, session }) => {
      if (session && options.store.state.session === null) this.#stop()
      if (outbox || session) this.#work()
    })
  }

  /** From now on this tab sends. */
  lead(): void {
    this.#leading = true
    this.#work()
  }

  /** Reads what is stored, at the beginning or after another tab; forgets what has arrived meanwhile. */
  async reload(): Promise<void> {
    const { store } = this.#options
    await store.reloadOutbox()
    const arrived = ({ state, log, seq }: OutboxRecord): boolean =>
      state === 'acknowledged' && seq <= (store.state.conversations.get(log)?.cursor ?? 0)
    const over = [...store.state.outbox.values()].filter(arrived)
    if (over.length > 0) await store.change((change) => over.forEach(({ id }) => change.deleteOutbox(id)))
  }

  /** 0..1 of an upload, -1 when nothing is being uploaded. */
  progress(id: string): number {
    return this.#progress.get(id) ?? -1
  }

  /** Resolves when the message is stored; it is shown from then on. */
  async say(log: string, content: Content | UploadContent): Promise<void> {
    const { store, clock, randomBytes } = this.#options
    const key = randomBytes(KEY_BYTES)
    await store.change(
      (change) => {
        const { outbox } = change.state
        if (outbox.size >= OUTBOX_MAX)
          throw new RpcError('resource_exhausted', 'Too many messages are waiting to be sent.', 'outbox_full')
        const newest = Math.max(0, ...[...outbox.values()].map(({ order }) => order))
        const atMs = clock.nowMs()
        const order = Math.max(atMs, newest + 1)
        const id = toHex(key)
        change.putOutbox({ id, key, log, order, atMs, content, state: 'queued', seq: 0, error: '' })
      },
      { durable: true },
    )
  }

  async retry(id: string): Promise<void> {
    await this.#update(id, (record) => {
      if (record.state !== 'failed') return record
      return { ...record, state: 'queued', error: '', atMs: this.#options.clock.nowMs() }
    })
  }

  async discard(id: string): Promise<void> {
    const { store } = this.#options
    const record = store.state.outbox.get(id)
    await store.change((change) => change.deleteOutbox(id), { durable: true })
    // When it is the one being sent: the conversation goes on with the next.
    if (record !== undefined) this.#busy.get(record.log)?.abort()
  }

  #stop(): void {
    for (const controller of this.#busy.values()) controller.abort()
    this.#progress.clear()
  }

  #work(): void {
    const { state } = this.#options.store
    if (!this.#leading || state.session === null) return
    const waiting = [...state.outbox.values()].filter((record) => record.state === 'queued')
    for (const { log } of waiting) if (!this.#busy.has(log)) void this.#sendAll(log)
  }

  async #sendAll(log: string): Promise<void> {
    const { store } = this.#options
    for (;;) {
      const record = store.state.outboxOf(log).find(({ state }) => state === 'queued')
      if (record === undefined) break
      const controller = new AbortController()
      this.#busy.set(log, controller)
      try {
        await this.#send(record, controller.signal)
      } catch (thrown) {
        const error = toRpcError(thrown)
        if (isSignedOut(error)) break // it waits for the next sign-in
        if (controller.signal.aborted) continue // discarded
        await this.#update(record.id, (now) => ({ ...now, state: 'failed', error: error.message }))
      } finally {
        this.#progress.delete(record.id)
      }
    }
    this.#busy.delete(log)
  }

  async #send(record: OutboxRecord, signal: AbortSignal): Promise<void> {
    const { call, clock, store } = this.#options
    if (clock.nowMs() - record.atMs > AGE_MS_MAX)
      throw new RpcError('unavailable', 'This waited for too long.', 'outbox_expired')
    const content = await this.#ready(record, signal)
    const request = { log: record.log, content: toWire(content) }
    const reply = await this.#patiently(signal, () =>
      call(Chat.method.send, request, { key: record.key, deadlineMs: Infinity, signal }),
    )
    await store.change((change) => {
      const known = change.state.outbox.get(record.id)
      if (known === undefined) return // its event was here before the reply
      const cursor = change.state.conversations.get(record.log)?.cursor ?? Infinity
      if (cursor >= reply.seq) change.deleteOutbox(record.id)
      else change.putOutbox({ ...known, state: 'acknowledged', seq: reply.seq, atMs: Number(reply.atMs) })
    })
  }

  /** The content as it is sent: what has to be uploaded is, and is remembered as such. */
  async #ready(record: OutboxRecord, signal: AbortSignal): Promise<Content> {
    const { content, id, log } = record
    if (content.kind !== 'upload') return content
    const { file, name } = content
    this.#report(id, log, 0)
    const onProgress = (doneBytes: number): void => this.#report(id, log, doneBytes / Math.max(file.size, 1))
    const stored = await this.#patiently(signal, () => this.#options.upload(file, { onProgress, signal }))
    const uploaded = withStored(content, name, stored)
    await this.#update(id, (now) => ({ ...now, content: uploaded }))
    return uploaded
  }

  #report(id: string, log: string, progress: number): void {
    this.#progress.set(id, Math.min(progress, 1))
    this.#options.onProgress(log)
  }

  /** Comes again when the server says so. */
  async #patiently<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await run()
      } catch (error) {
        const later =
          error instanceof RpcError && error.code === 'resource_exhausted' && error.retryAfterMs > 0
        if (!later || attempt >= LATER_MAX || signal.aborted) throw error
        const waitMs = Math.max(error.retryAfterMs, retryMs(attempt, this.#options.random()))
        await new Promise<void>((resolve) => void this.#options.clock.after(waitMs, resolve))
      }
    }
  }

  async #update(id: string, run: (record: OutboxRecord) => OutboxRecord): Promise<void> {
    await this.#options.store.change((change) => {
      const record = change.state.outbox.get(id)
      if (record !== undefined) change.putOutbox(run(record))
    })
  }
}

function isSignedOut({ code, reason }: RpcError): boolean {
  return code === 'unauthenticated' || reason === 'closed'
}

function withStored({ as, file, width, height }: UploadContent, name: string, stored: Stored): Content {
  const { blob, mediaType } = stored
  const sizeBytes = file.size
  if (as === 'file') return { kind: 'file', blob, name, sizeBytes, mediaType }
  return {
    kind: 'picture',
    blob,
    thumbnail: stored.thumbnail,
    width: stored.width || width,
    height: stored.height || height,
    name,
    sizeBytes,
    mediaType,
  }
}

function toWire(content: Content): MessageInitShape<typeof ContentSchema> {
  switch (content.kind) {
    case 'text':
      return { kind: { case: 'text', value: content.text } }
    case 'picture':
      return { kind: { case: 'picture', value: content } }
    case 'file': {
      const { blob, name, sizeBytes, mediaType } = content
      return { kind: { case: 'file', value: { blob, name, mediaType, sizeBytes: BigInt(sizeBytes) } } }
    }
  }
}
