/**
 * What this device says: stored before it is shown, sent in order, one after the other in each
 * conversation and with no regard to the others, with a key that makes a repetition harmless.
 */
import { RpcError, toRpcError } from '../link/errors'
import { retryMs } from '../link/patience'
import { Chat } from '../schema/chat_pb'
import { toHex } from '../link/bytes'
import { toWireContent } from './content'
import type { Call, Clock } from './feature'
import { NOTHING_ATTACHED } from './message'
import type { OutboxRecord, UploadContent } from './records'
import type { Store } from './store'
import type { Attached, Content } from './types'
import type { Stored, UploadOptions } from './upload'

const KEY_BYTES = 16
/** All conversations together. */
export const OUTBOX_MAX = 2_000
/** The server remembers first answers for 14 days; what is older is not sent without being asked for. */
const AGE_MS_MAX = 13 * 24 * 3600 * 1000
/** Uploads at once; each already keeps several chunks under way. */
const UPLOADS_MAX = 3
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

interface Sending {
  id: string
  controller: AbortController
}

export class Outbox {
  readonly #options: OutboxOptions
  /** Conversations that are being worked on, and what of each is being sent. */
  readonly #busy = new Map<string, Sending>()
  readonly #progress = new Map<string, number>()
  #leading = false
  #uploading = 0
  /** Uploads that wait for one of the others to end. */
  readonly #waiting = new Set<() => void>()

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
  async say(log: string, content: Content | UploadContent, attached: Partial<Attached> = {}): Promise<void> {
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
        change.putOutbox({
          id,
          key,
          log,
          order,
          atMs,
          content,
          attached: { ...NOTHING_ATTACHED, ...attached },
          state: 'queued',
          seq: 0,
          error: '',
          reason: '',
        })
      },
      { durable: true },
    )
  }

  async retry(id: string): Promise<void> {
    await this.#update(id, (record) => {
      if (record.state !== 'failed') return record
      return { ...record, state: 'queued', error: '', reason: '', atMs: this.#options.clock.nowMs() }
    })
  }

  async discard(id: string): Promise<void> {
    const { store } = this.#options
    const record = store.state.outbox.get(id)
    await store.change((change) => change.deleteOutbox(id), { durable: true })
    const sending = this.#busy.get(record?.log ?? '')
    if (sending?.id === id) sending.controller.abort() // the conversation goes on with the next
  }

  #stop(): void {
    for (const { controller } of this.#busy.values()) controller.abort()
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
      this.#busy.set(log, { id: record.id, controller })
      try {
        await this.#send(record, controller.signal)
      } catch (thrown) {
        const error = toRpcError(thrown)
        if (isSignedOut(error)) break // it waits for the next sign-in
        if (controller.signal.aborted) continue // discarded
        await this.#update(record.id, (now) => ({
          ...now,
          state: 'failed',
          error: error.message,
          reason: error.reason,
        }))
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
    const request = { log: record.log, content: toWireContent(content, record.attached) }
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
    const { file, second } = content
    const wholeBytes = Math.max(file.size + (second?.size ?? 0), 1)
    this.#report(id, log, 0)
    return this.#lane(signal, async () => {
      const put = (data: Blob, before: number): Promise<Stored> => {
        const onProgress = (doneBytes: number): void =>
          this.#report(id, log, (before + doneBytes) / wholeBytes)
        return this.#patiently(signal, () => this.#options.upload(data, { onProgress, signal }))
      }
      const stored = await put(file, 0)
      const other = second === null ? null : await put(second, file.size)
      const uploaded = withStored(content, stored, other)
      await this.#update(id, (now) => ({ ...now, content: uploaded }))
      return uploaded
    })
  }

  /** A few conversations upload at a time; nobody's texts wait for that. */
  async #lane<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    while (this.#uploading >= UPLOADS_MAX && !signal.aborted) await this.#turn(signal)
    this.#uploading += 1
    try {
      return await run()
    } finally {
      this.#uploading -= 1
      for (const wake of this.#waiting) {
        this.#waiting.delete(wake)
        wake()
        break
      }
    }
  }

  /** Resolves when an upload has ended, or this one is not wanted any more. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve)
      const leave = (): void => {
        this.#waiting.delete(resolve)
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
    })
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
        await this.#pause(waitMs, signal)
      }
    }
  }

  /** Resolves after that time, or at once when what waits is not wanted any more. */
  #pause(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(durationMs, resolve)
      const leave = (): void => {
        cancel()
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
    })
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

/** What is said once the files are on the server: the file itself and, if there is one, what goes with it. */
function withStored(content: UploadContent, stored: Stored, other: Stored | null): Content {
  const { as, file, second, name, durationMs } = content
  const { blob, mediaType } = stored
  const width = stored.width || content.width
  const height = stored.height || content.height
  const shared = { blob, mediaType, sizeBytes: file.size }
  switch (as) {
    case 'file':
      return { kind: as, ...shared, name }
    case 'voice':
      return { kind: as, ...shared, durationMs, waveform: content.waveform, transcribed: '' }
    case 'video':
      return { kind: as, ...shared, name, width, height, durationMs, poster: other?.blob ?? '' }
    case 'picture': {
      const original = { original: other?.blob ?? '', originalBytes: second?.size ?? 0 }
      return { kind: as, ...shared, ...original, name, width, height, thumbnail: stored.thumbnail }
    }
  }
}
