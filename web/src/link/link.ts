/**
 * One device's link to its server: opens carriers, signs in, sends calls, hands out events and notices,
 * and opens the next carrier when one ends. The rules are those of docs/protocol/connection.md.
 */
import { create, fromBinary, toBinary, type DescMessage, type DescMethodUnary } from '@bufbuild/protobuf'
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { Identity, ResumeRequestSchema, SessionReplySchema } from '../schema/identity_pb'
import { Goodbye_Reason, type Challenge, type Goodbye, type Packet, type Reply } from '../schema/link_pb'
import { backoffMs } from './backoff'
import { CallTable, type Outgoing } from './calls'
import type { Carrier } from './carrier'
import type { Credentials, LinkCallOptions, LinkOptions, LinkState } from './contract'
import { RpcError } from './errors'
import { Heartbeat } from './heartbeat'
import { Access, rulesOf } from './method'
import { decodePacket, encodePacket, joinPackets, MESSAGE_BYTES_MAX } from './packets'

/** From opening a carrier to being signed in. */
const OPEN_WITHIN_MS = 10_000
/** A connection that lived this long was a good one: the next attempt comes at once (CONN19). */
const STEADY_AFTER_MS = 5_000
const DEADLINE_MS = 20_000
const KEY_BYTES = 16
const RESUME_CONTEXT = new TextEncoder().encode('hutong resume v1\0')
/** Room for the packet around a request's body. */
const ENVELOPE_BYTES = 128

type Request = Omit<Outgoing, 'resolve' | 'reject'>

/** opening: until the challenge; resuming: until our sign-in is answered. */
type Phase = 'stopped' | 'waiting' | 'opening' | 'resuming' | 'ready'

export class Link {
  readonly #options: LinkOptions
  readonly #calls: CallTable
  #phase: Phase = 'stopped'
  #state: LinkState = 'connecting'
  #carrier: Carrier | null = null
  /** Tells the callbacks of an earlier carrier from those of this one. */
  #generation = 0
  #credentials: Credentials | null = null
  #signedIn = false
  #nonce: Uint8Array = new Uint8Array()
  #resumeId = 0
  #heartbeat: Heartbeat | null = null
  /** When the phase ends by itself: connect now, or give the attempt up. */
  #phaseDeadlineMs = Infinity
  #readySinceMs = 0
  #attempts = 0
  #cancelTimer: () => void = () => undefined
  #flushing = false

  constructor(options: LinkOptions) {
    this.#options = options
    this.#calls = new CallTable(options.random)
  }

  start(credentials: Credentials | null): void {
    if (this.#phase !== 'stopped') return
    this.#credentials = credentials
    this.#reconnect(0)
  }

  /** Ends the connection and rejects what waits. */
  stop(): void {
    this.#endCarrier()
    this.#phase = 'stopped'
    this.#phaseDeadlineMs = Infinity
    this.#calls.rejectAll(new RpcError('unavailable', 'The connection was closed.', 'closed'), 'all')
  }

  /**
   * After a sign-in: how later connections resume. Returns whether this connection is the one that signed
   * in; if not, it resumes now or when it is there, and `onResumed` follows.
   */
  setCredentials(credentials: Credentials): boolean {
    this.#credentials = credentials
    if (this.#phase === 'ready' && !this.#signedIn) this.#resume()
    this.#flushSoon()
    return this.#signedIn
  }

  /** Forgets who we are: what waits for a sign-in is rejected, a new connection begins (CONN9). */
  clearCredentials(): void {
    this.#credentials = null
    this.#calls.rejectAll(signedOut(), 'signedIn')
    if (this.#phase === 'stopped') return
    this.#endCarrier()
    this.#reconnect(0)
  }

  /** The network changed (CONN19): try now, or find out now whether the connection still lives. */
  hurry(): void {
    const now = this.#options.clock.nowMs()
    if (this.#phase === 'waiting') this.#connect()
    else if (this.#heartbeat !== null) {
      this.#heartbeat.hurry(now)
      this.#tick()
    }
  }

  async call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: LinkCallOptions = {},
  ): Promise<MessageShape<Output>> {
    const rules = rulesOf(method)
    const body = toBinary(method.input, create(method.input, request))
    if (body.length > MESSAGE_BYTES_MAX - ENVELOPE_BYTES)
      throw new RpcError('invalid_argument', 'This is too large to send.', 'too_large')
    if (rules.access !== Access.PUBLIC && this.#credentials === null && !this.#signedIn) throw signedOut()
    const key = options.key ?? (rules.replaySafe ? new Uint8Array() : this.#options.randomBytes(KEY_BYTES))
    const deadlineAtMs = this.#options.clock.nowMs() + (options.deadlineMs ?? DEADLINE_MS)
    const retryUnavailable = options.retryUnavailable ?? true
    const signsIn = method.output.typeName === SessionReplySchema.typeName
    const call = { rules, body, key, deadlineAtMs, retryUnavailable }
    return decodeReply(method.output, await this.#enqueue(call, signsIn, options.signal))
  }

  #enqueue(call: Request, signsIn: boolean, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const cancelled = (): void => {
        this.#calls.drop(outgoing)
        reject(new RpcError('unavailable', 'This was cancelled.', 'cancelled'))
      }
      const settle = (): void => signal?.removeEventListener('abort', cancelled)
      const outgoing: Outgoing = {
        ...call,
        resolve: (body) => {
          settle()
          if (signsIn) this.#signedIn = true // here, while it is certain which connection this is
          resolve(body)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      if (signal?.aborted === true) {
        cancelled()
        return
      }
      signal?.addEventListener('abort', cancelled)
      this.#calls.add(outgoing)
      this.#flushSoon()
    })
  }

  // ---- the life of a connection ----

  #reconnect(delayMs: number): void {
    this.#phase = 'waiting'
    this.#phaseDeadlineMs = this.#options.clock.nowMs() + delayMs
    // One failed attempt is enough to say so; the word stays until we are really back.
    this.#setState(this.#attempts === 0 && this.#state !== 'offline' ? 'connecting' : 'offline')
    if (delayMs === 0) this.#connect()
    else this.#arm()
  }

  #connect(): void {
    const generation = ++this.#generation
    this.#phase = 'opening'
    this.#phaseDeadlineMs = this.#options.clock.nowMs() + OPEN_WITHIN_MS
    this.#carrier = this.#options.open({
      onOpen: () => undefined, // CONN6: the server speaks first
      onMessage: (message) => {
        if (generation === this.#generation) this.#receive(message)
      },
      onClose: () => {
        if (generation === this.#generation) this.#lost()
      },
    })
    this.#arm()
  }

  #endCarrier(): void {
    this.#generation += 1
    this.#carrier?.close()
    this.#carrier = null
    this.#heartbeat = null
    this.#signedIn = false
    this.#resumeId = 0
    this.#calls.interrupt()
  }

  /** The connection is gone, or given up: the next attempt at once after a good one, else with backoff. */
  #lost(patient = false): void {
    const now = this.#options.clock.nowMs()
    const steady = this.#phase === 'ready' && now - this.#readySinceMs >= STEADY_AFTER_MS
    this.#endCarrier()
    if (steady) this.#attempts = 0
    if (steady && !patient) this.#reconnect(0)
    else this.#reconnect(backoffMs(this.#attempts++, this.#options.random()))
  }

  #ready(): void {
    this.#phase = 'ready'
    this.#phaseDeadlineMs = Infinity
    this.#readySinceMs = this.#options.clock.nowMs()
    this.#setState('online')
    this.#flushSoon()
    this.#arm()
  }

  #setState(state: LinkState): void {
    if (state === this.#state) return
    this.#state = state
    this.#options.handlers.onState(state)
  }

  // ---- what arrives ----

  #receive(message: Uint8Array): void {
    const packet = decodePacket(message)
    if (packet === null) {
      this.#lost(true)
      return
    }
    const now = this.#options.clock.nowMs()
    this.#heartbeat?.heard(now, packet.pong)
    const generation = this.#generation
    for (const part of this.#parts(packet)) {
      part()
      if (generation !== this.#generation) return // a part of it ended the connection
    }
    this.#flushSoon()
    this.#arm()
  }

  /** A receiver handles a packet's fields in the order of their numbers. */
  *#parts(packet: Packet): Generator<() => void> {
    const { challenge, replies, events, notices, ping, goodbye } = packet
    if (challenge !== undefined) yield () => this.#challenged(challenge)
    for (const reply of replies) yield () => this.#answered(reply)
    if (events.length > 0) yield () => this.#options.handlers.onEvents(events)
    if (notices.length > 0) yield () => this.#options.handlers.onNotices(notices)
    if (ping !== 0) yield () => this.#send([encodePacket({ pong: ping })])
    if (goodbye !== undefined) yield () => this.#dismissed(goodbye)
  }

  #challenged(challenge: Challenge): void {
    if (this.#phase !== 'opening') {
      this.#lost(true)
      return
    }
    this.#nonce = challenge.nonce
    const intervalMs = Math.max(challenge.heartbeatS, 1) * 1000
    this.#heartbeat = new Heartbeat(intervalMs, this.#options.clock.nowMs())
    this.#options.handlers.onChallenge(challenge)
    if (this.#credentials === null) this.#ready()
    else this.#resume()
  }

  /** CONN7. The first requests follow without waiting for the answer (CONN8). */
  #resume(): void {
    const credentials = this.#credentials
    if (credentials === null) return
    const generation = this.#generation
    this.#phase = 'resuming'
    this.#phaseDeadlineMs = this.#options.clock.nowMs() + OPEN_WITHIN_MS
    const message = new Uint8Array(RESUME_CONTEXT.length + this.#nonce.length)
    message.set(RESUME_CONTEXT)
    message.set(this.#nonce, RESUME_CONTEXT.length)
    credentials.sign(message).then(
      (signature) => {
        if (generation !== this.#generation) return
        const request = create(ResumeRequestSchema, { device: credentials.device, signature })
        this.#resumeId = this.#calls.nextId()
        const { id: method } = rulesOf(Identity.method.resume)
        const body = toBinary(ResumeRequestSchema, request)
        this.#send([encodePacket({ requests: [{ id: this.#resumeId, method, body }] })])
        this.#flushSoon()
      },
      () => {
        if (generation === this.#generation) this.#lost(true)
      },
    )
  }

  #answered(reply: Reply): void {
    const now = this.#options.clock.nowMs()
    if (this.#resumeId === 0 || reply.id !== this.#resumeId) {
      this.#calls.answer(reply, now, this.#phase === 'resuming')
      return
    }
    this.#resumeId = 0
    if (reply.error === undefined) {
      this.#resumed(reply.body)
      return
    }
    const error = RpcError.fromWire(reply.error)
    if (isPassing(error)) this.#lost(true)
    else this.#revoked(error)
  }

  #resumed(body: Uint8Array): void {
    try {
      const reply = decodeReply(SessionReplySchema, body)
      this.#signedIn = true
      this.#options.handlers.onResumed(reply)
    } catch {
      this.#lost(true)
      return
    }
    this.#ready()
  }

  #revoked(error: RpcError): void {
    this.#credentials = null
    this.#calls.rejectAll(error, 'signedIn')
    if (this.#phase === 'resuming') this.#ready()
    this.#options.handlers.onRevoked(error)
  }

  #dismissed(goodbye: Goodbye): void {
    const { reason, message } = goodbye
    const generation = this.#generation
    if (reason === Goodbye_Reason.PROTOCOL_ERROR)
      this.#calls.refuse(new RpcError('internal', message || 'The server refused this.', 'protocol_error'))
    if (reason === Goodbye_Reason.REVOKED)
      this.#revoked(new RpcError('unauthenticated', message || 'This device was signed out.', 'revoked'))
    const patient = reason === Goodbye_Reason.SHUTDOWN || reason === Goodbye_Reason.PROTOCOL_ERROR
    if (generation === this.#generation) this.#lost(patient)
  }

  // ---- what leaves ----

  /** Everything that is called in one turn leaves in one carrier message. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#flush()
      this.#arm()
    })
  }

  #flush(): void {
    const signingIn = this.#phase === 'resuming' && this.#resumeId !== 0
    if (this.#phase !== 'ready' && !signingIn) return
    const admission = this.#signedIn || signingIn ? 'all' : 'public'
    const attempts = this.#calls.take(this.#options.clock.nowMs(), admission)
    const packets = attempts.map(({ id, deadlineMs, call: { rules, key, body } }) =>
      encodePacket({ requests: [{ id, method: rules.id, deadlineMs, key, body }] }),
    )
    this.#send(joinPackets(packets))
  }

  #send(messages: Uint8Array[]): void {
    for (const message of messages) this.#carrier?.send(message)
    if (messages.length > 0) this.#heartbeat?.sent(this.#options.clock.nowMs())
  }

  // ---- time ----

  #arm(): void {
    this.#cancelTimer()
    const now = this.#options.clock.nowMs()
    const next = Math.min(
      this.#phaseDeadlineMs,
      this.#heartbeat?.deadlineMs ?? Infinity,
      this.#calls.deadlineMs(now),
    )
    if (next !== Infinity) this.#cancelTimer = this.#options.clock.after(next - now, () => this.#tick())
  }

  #tick(): void {
    const now = this.#options.clock.nowMs()
    this.#calls.expire(now)
    if (now >= this.#phaseDeadlineMs) {
      if (this.#phase === 'waiting') this.#connect()
      else this.#lost()
    }
    const step = this.#heartbeat?.take(now)
    if (step === 'ping') this.#send([encodePacket({ ping: this.#heartbeat?.number ?? 0 })])
    if (step === 'dead') this.#lost()
    this.#flushSoon()
    this.#arm()
  }
}

/** The sign-in could not be decided; the next connection asks again. */
function isPassing(error: RpcError): boolean {
  return ['unavailable', 'internal', 'deadline_exceeded', 'resource_exhausted'].includes(error.code)
}

function signedOut(): RpcError {
  return new RpcError('unauthenticated', 'Please sign in first.', 'signed_out')
}

function decodeReply<Desc extends DescMessage>(schema: Desc, body: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, body)
  } catch {
    throw new RpcError('internal', 'The server sent something this client does not understand.', 'bad_reply')
  }
}
