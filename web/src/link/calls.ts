/**
 * The calls of a link, across connections: which wait, which are under way, when to retry, when to give
 * up. Pure: the caller brings time and randomness and carries the bytes.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { Reply } from '../schema/link_pb'
import { Avalanche } from './avalanche'
import { RpcError } from './errors'
import { Access, type MethodRules } from './method'
import { retryMs } from './patience'

/** CONN16. */
const UNDER_WAY_MAX = 256
/** Large bodies share the line with messages; more at once would only make those wait. */
const BULK_UNDER_WAY_MAX = 8
/** Waiting and under way together. */
const CALLS_MAX = 4_000
/** What one attempt asks the server to keep to; the call itself may wait longer. */
const ATTEMPT_MS_MAX = 30_000
/** SEAL14: it only came in the wrong record. */
const TOO_EARLY = 'too_early'

export interface Outgoing {
  readonly rules: MethodRules
  readonly body: Uint8Array
  /** 16 bytes, or empty for a replay-safe method. */
  readonly key: Uint8Array
  /** Infinity: as long as it takes. */
  readonly deadlineAtMs: number
  /** `unavailable` is retried (CONN14) unless the caller does that itself. */
  readonly retryUnavailable: boolean
  resolve(body: Uint8Array): void
  reject(error: RpcError): void
}

interface Waiting {
  readonly call: Outgoing
  readonly order: number
  attempts: number
  /** The server had it before, and may have begun to work on it. */
  sent: boolean
  notBeforeMs: number
  /** What the server said last time. */
  refusal: RpcError | null
}

export interface Attempt {
  id: number
  deadlineMs: number
  call: Outgoing
}

/** The request that resumes a session has an id of its own, outside of the table. */
export const RESUME_ID = 0xffff_ffff

/** Whether the server would answer a method now: after a sign-in or the attempt of one everything. */
export type Admission = 'all' | 'public'

export class CallTable {
  readonly #random: () => number
  #waiting: Waiting[] = []
  /** By request id; null when the caller gave up but the server still counts the request. */
  #underWay = new Map<number, Waiting | null>()
  #bulkUnderWay = 0
  #lastId = 0
  #lastOrder = 0
  readonly #avalanche = new Avalanche()

  constructor(random: () => number) {
    this.#random = random
  }

  add(call: Outgoing): void {
    if (this.#waiting.length + this.#underWay.size >= CALLS_MAX) {
      call.reject(new RpcError('resource_exhausted', 'Too much is waiting to be sent.', 'queue_full'))
      return
    }
    this.#insert({
      call,
      order: ++this.#lastOrder,
      attempts: 0,
      sent: false,
      notBeforeMs: 0,
      refusal: null,
    })
  }

  /** Whether the server owes an answer. */
  get awaiting(): boolean {
    return this.#underWay.size > 0
  }

  /** A request id no unanswered request of this connection has (CONN12). */
  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) % RESUME_ID || 1
    while (this.#underWay.has(this.#lastId))
    return this.#lastId
  }

  /** The calls to send now, best first; `early`: only what may be played twice (SEAL14). */
  take(nowMs: number, admission: Admission, early: boolean): Attempt[] {
    const attempts: Attempt[] = []
    const tooOften: Outgoing[] = []
    this.#waiting = this.#waiting.filter((waiting) => {
      const { call } = waiting
      if (waiting.notBeforeMs > nowMs || this.#underWay.size >= UNDER_WAY_MAX) return true
      if (admission === 'public' && call.rules.access !== Access.PUBLIC) return true
      if (call.rules.bulk && this.#bulkUnderWay >= BULK_UNDER_WAY_MAX) return true
      if (early && (!call.rules.replaySafe || call.rules.bulk)) return true
      if (waiting.sent && !this.#avalanche.allows(digestOf(call), nowMs)) {
        tooOften.push(call)
        return false
      }
      const id = this.#nextId()
      this.#underWay.set(id, waiting)
      if (call.rules.bulk) this.#bulkUnderWay += 1
      attempts.push({ id, call, deadlineMs: attemptMs(call.deadlineAtMs - nowMs) })
      return false
    })
    const error = new RpcError('unavailable', 'This was tried too often.', 'repeated_too_often')
    for (const call of tooOften) call.reject(error)
    return attempts
  }

  /** `held`: the answer came before the connection's sign-in was decided, so `unauthenticated` is no answer. */
  answer(reply: Reply, nowMs: number, held: boolean): void {
    const waiting = this.#underWay.get(reply.id)
    if (waiting === undefined) return
    this.#underWay.delete(reply.id)
    if (waiting === null) return
    if (waiting.call.rules.bulk) this.#bulkUnderWay -= 1
    if (reply.error === undefined) {
      waiting.call.resolve(reply.body)
      return
    }
    const error = RpcError.fromWire(reply.error)
    if (error.code === 'unauthenticated' && held && waiting.call.rules.access !== Access.PUBLIC) {
      this.#insert(waiting)
    } else if (shouldRetry(error, waiting.call, nowMs)) {
      const wait =
        error.reason === TOO_EARLY
          ? 0
          : Math.max(retryMs(waiting.attempts, this.#random()), error.retryAfterMs)
      waiting.attempts += 1
      waiting.sent = true
      waiting.refusal = error
      waiting.notBeforeMs = nowMs + wait
      this.#insert(waiting)
    } else {
      waiting.call.reject(error)
    }
  }

  /**
   * The connection ended: what was not answered waits for the next one (CONN14). `sent`: the server was
   * there, so that repeating counts.
   */
  interrupt(sent: boolean): void {
    for (const waiting of this.#underWay.values()) {
      if (waiting === null) continue
      waiting.sent ||= sent
      this.#insert(waiting)
    }
    this.#forget()
  }

  /** The server called what we sent a protocol error: it is not repeated (CONN5). */
  refuse(error: RpcError): void {
    const refused = [...this.#underWay.values()]
    this.#forget()
    for (const waiting of refused) waiting?.call.reject(error)
  }

  /** Gives up all calls that need a sign-in, or all. */
  rejectAll(error: RpcError, which: 'all' | 'signedIn'): void {
    const keeps = (call: Outgoing): boolean => which === 'signedIn' && call.rules.access === Access.PUBLIC
    const rejected = this.#waiting.filter(({ call }) => !keeps(call))
    this.#waiting = this.#waiting.filter(({ call }) => keeps(call))
    for (const [id, waiting] of this.#underWay) {
      if (waiting === null || keeps(waiting.call)) continue
      rejected.push(waiting)
      this.#abandon(id, waiting)
    }
    for (const { call } of rejected) call.reject(error)
  }

  /** The caller gave up; `reject` is not called. */
  drop(call: Outgoing): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.call !== call)
    for (const [id, waiting] of this.#underWay) if (waiting?.call === call) this.#abandon(id, waiting)
  }

  /** Rejects what is past its deadline. */
  expire(nowMs: number): void {
    const late = (waiting: Waiting): boolean => waiting.call.deadlineAtMs <= nowMs
    const unsent = this.#waiting.filter(late)
    const unanswered = this.#all().filter((waiting) => late(waiting) && !unsent.includes(waiting))
    for (const { call } of [...unsent, ...unanswered]) this.drop(call)
    const offline = new RpcError('unavailable', 'There is no connection to the server.', 'offline')
    for (const { call, refusal } of unsent) call.reject(refusal ?? offline)
    const slow = new RpcError('deadline_exceeded', 'The server took too long to answer.', 'deadline')
    for (const { call } of unanswered) call.reject(slow)
  }

  /** When to look again: the next deadline or retry, Infinity for never. */
  deadlineMs(nowMs: number): number {
    let next = Infinity
    for (const { call } of this.#all()) next = Math.min(next, call.deadlineAtMs)
    for (const { notBeforeMs } of this.#waiting) if (notBeforeMs > nowMs) next = Math.min(next, notBeforeMs)
    return next
  }

  #all(): Waiting[] {
    return [...this.#waiting, ...[...this.#underWay.values()].filter((waiting) => waiting !== null)]
  }

  #insert(waiting: Waiting): void {
    const after = this.#waiting.findIndex(
      ({ call, order }) =>
        call.rules.rank > waiting.call.rules.rank ||
        (call.rules.rank === waiting.call.rules.rank && order > waiting.order),
    )
    this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, waiting)
  }

  #abandon(id: number, waiting: Waiting): void {
    this.#underWay.set(id, null)
    if (waiting.call.rules.bulk) this.#bulkUnderWay -= 1
  }

  #forget(): void {
    this.#underWay = new Map()
    this.#bulkUnderWay = 0
  }
}

function attemptMs(remainingMs: number): number {
  return Math.ceil(Math.min(Math.max(remainingMs, 1), ATTEMPT_MS_MAX))
}

/** CONN14, CONN15: a deadline says nothing about the effect; the same key asks again while there is time. */
function shouldRetry(error: RpcError, call: Outgoing, nowMs: number): boolean {
  if (nowMs >= call.deadlineAtMs) return false
  if (error.code === 'unavailable') return call.retryUnavailable || error.reason === TOO_EARLY
  return error.code === 'deadline_exceeded'
}

function digestOf({ rules, body }: Outgoing): string {
  return `${rules.id}.${sha256(body).join()}`
}
