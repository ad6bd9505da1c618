/**
 * One device's link to its server: keeps a connection, signs in, sends calls, hands out events and notices.
 * The rules are those of docs/protocol/connection.md.
 */
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { SessionReplySchema } from '../schema/identity_pb'
import { Goodbye_Reason, type Challenge, type Goodbye, type Packet, type Reply } from '../schema/link_pb'
import { Priority } from '../schema/options_pb'
import type { Activity } from './activity'
import type { Bytes } from './bytes'
import { Caller, decodeReply, signedOut } from './caller'
import { CallTable, RESUME_ID, type Admission } from './calls'
import type { Parcel } from './connection'
import type { Credentials, LinkCallOptions, LinkOptions } from './contract'
import { RpcError } from './errors'
import { Life } from './life'
import { decodePacket, encodePacket } from './packets'
import { Pulse } from './pulse'
import { encodeAttempts } from './requests'
import { resumeParcel } from './resume'

export class Link {
  readonly #options: LinkOptions
  readonly #calls: CallTable
  readonly #caller: Caller
  readonly #life: Life
  readonly #pulse: Pulse
  #credentials: Credentials | null = null
  /** As whom the flights of the present search resume. */
  #flownAs: Credentials | null = null
  /** The calls of the first flight, which every connection of a search carries; null before there is one. */
  #firstCalls: Parcel[] | null = null
  #signedIn = false
  /** Our `Resume` was sent on the present connection and is not answered yet. */
  #resumeAsked = false
  #cancelTimer: () => void = () => undefined
  #flushing = false

  constructor(options: LinkOptions) {
    this.#options = options
    this.#calls = new CallTable(options.random)
    this.#caller = new Caller(this.#calls, options, {
      mayCall: () => this.#credentials !== null || this.#signedIn,
      onQueued: () => this.#flushSoon(),
      onSignedIn: () => (this.#signedIn = true), // at once, while it is certain which connection this is
    })
    this.#pulse = new Pulse(
      options.networks,
      () => this.#life.present?.movedBytes() ?? 0,
      options.networkKind,
    )
    this.#life = new Life(options, {
      prepare: () => this.#prepare(),
      flight: (binding, calls) => this.#flight(binding, calls),
      onBegan: (calls) => this.#began(calls),
      onCut: () => this.#pulse.cut(this.#now()),
      onEnded: () => this.#ended(),
      onFlown: () => this.#flushSoon(),
      onMessage: (message) => this.#receive(message),
      onState: (state) => options.handlers.onState(state),
      onUnreachable: (end) => options.handlers.onUnreachable(end),
      onTurn: () => this.#arm(),
    })
  }

  start(credentials: Credentials | null): void {
    if (this.#life.phase !== 'stopped') return
    this.#credentials = credentials
    this.#life.start()
    this.#arm()
  }

  /** Ends the connection and rejects what waits. */
  stop(): void {
    this.#life.stop()
    this.#cancelTimer()
    this.#calls.rejectAll(new RpcError('unavailable', 'The connection was closed.', 'closed'), 'all')
  }

  /**
   * After a sign-in: how later connections resume. Returns whether this connection is the one that signed
   * in; if not, it resumes now or when it is there, and `onResumed` follows.
   */
  setCredentials(credentials: Credentials): boolean {
    this.#credentials = credentials
    this.#life.lookAnew()
    if (this.#life.phase === 'ready' && !this.#signedIn) this.#resume()
    this.#flushSoon()
    return this.#signedIn
  }

  /** Forgets who we are: what waits for a sign-in is rejected, a new connection begins (CONN9). */
  clearCredentials(): void {
    this.#credentials = null
    this.#calls.rejectAll(signedOut(), 'signedIn')
    if (this.#life.phase === 'stopped') return
    this.#life.start()
    this.#arm()
  }

  /** The network changed (CONN19): look for a new connection, and find out whether the present one lives. */
  networkChanged(): void {
    if (this.#life.phase === 'stopped') return
    this.#life.networkChanged()
    if (this.#pulse.probe(this.#now()) === 'ping') this.#ping()
    this.#arm()
  }

  /** The person came or went. */
  turn(activity: Activity): void {
    const came = activity === 'foreground' && this.#pulse.activity !== 'foreground'
    this.#pulse.turn(activity)
    this.#life.turn(activity)
    // A page that slept cannot know what happened to its connection.
    if (came && this.#pulse.probe(this.#now()) === 'ping') this.#ping()
    this.#arm()
  }

  call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: LinkCallOptions = {},
  ): Promise<MessageShape<Output>> {
    return this.#caller.call(method, request, options)
  }

  #now(): number {
    return this.#options.clock.nowMs()
  }

  // ---- connections ----

  #prepare(): void {
    if (this.#life.present === null) {
      this.#calls.interrupt(false)
      this.#firstCalls = null
    }
    if (this.#credentials !== null) this.#options.handlers.onSigningIn()
  }

  /** SEAL14, SEAL15: who we are, and the first calls that may be played twice. */
  async #flight(binding: Bytes, withCalls: boolean): Promise<readonly Parcel[]> {
    const credentials = this.#credentials
    this.#flownAs = credentials
    const parcels = credentials === null ? [] : [await resumeParcel(credentials, binding)]
    if (withCalls)
      parcels.push(...(this.#firstCalls ??= this.#take(credentials === null ? 'public' : 'all', true)))
    return parcels
  }

  #began(calls: boolean): void {
    if (!calls) this.#calls.interrupt(true)
    this.#signedIn = false
    this.#resumeAsked = this.#flownAs !== null
    this.#pulse.end()
  }

  #ended(): void {
    this.#pulse.end()
    this.#calls.interrupt(true)
    this.#signedIn = false
    this.#resumeAsked = false
  }

  #lost(patient = false): void {
    this.#life.lost(patient)
    this.#arm()
  }

  #ready(): void {
    this.#life.ready()
    if (this.#credentials !== null && !this.#signedIn) this.#resume()
    this.#flushSoon()
  }

  /** On a connection that began as nobody's. */
  #resume(): void {
    const credentials = this.#credentials
    const present = this.#life.present
    if (credentials === null || present === null) return
    this.#life.resuming()
    this.#options.handlers.onSigningIn()
    resumeParcel(credentials, present.binding).then(
      (parcel) => {
        if (present !== this.#life.present) return
        this.#resumeAsked = true
        this.#send([parcel])
        this.#flushSoon()
      },
      () => {
        if (present === this.#life.present) this.#lost(true)
      },
    )
  }

  // ---- what arrives ----

  #receive(message: Uint8Array): void {
    const packet = decodePacket(message)
    if (packet === null || (this.#life.phase === 'greeting' && packet.challenge === undefined)) {
      this.#lost(true)
      return
    }
    const { present } = this.#life
    for (const part of this.#parts(packet)) {
      part()
      if (present !== this.#life.present) return // a part of it ended the connection
    }
    this.#pulse.heard(this.#now(), packet.pong, this.#calls.awaiting || this.#resumeAsked)
    if (packet.pong !== 0) this.#life.believe()
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
    if (ping !== 0) yield () => this.#send([control({ pong: ping })])
    if (goodbye !== undefined) yield () => this.#dismissed(goodbye)
  }

  #challenged(challenge: Challenge): void {
    if (this.#life.phase !== 'greeting') {
      this.#lost(true)
      return
    }
    const limitMs = Math.max(challenge.heartbeatS, 1) * 1000
    this.#pulse.begin(challenge.network.join('.'), limitMs, this.#now())
    this.#options.handlers.onChallenge(challenge, this.#life.present?.way ?? '')
    if (this.#resumeAsked) this.#life.resuming()
    else this.#ready()
  }

  #answered(reply: Reply): void {
    if (!this.#resumeAsked || reply.id !== RESUME_ID) {
      this.#calls.answer(reply, this.#now(), this.#life.phase === 'resuming')
      return
    }
    this.#resumeAsked = false
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
    if (this.#life.phase === 'resuming') this.#ready()
    this.#options.handlers.onRevoked(error)
  }

  #dismissed({ reason, message }: Goodbye): void {
    const { present } = this.#life
    if (reason === Goodbye_Reason.PROTOCOL_ERROR)
      this.#calls.refuse(new RpcError('internal', message || 'The server refused this.', 'protocol_error'))
    if (reason === Goodbye_Reason.REVOKED)
      this.#revoked(new RpcError('unauthenticated', message || 'This device was signed out.', 'revoked'))
    const patient = reason === Goodbye_Reason.SHUTDOWN || reason === Goodbye_Reason.PROTOCOL_ERROR
    if (present === this.#life.present) this.#lost(patient)
  }

  // ---- what leaves ----

  /** Everything that is called in one turn leaves in one message of its class. */
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
    const { phase, present } = this.#life
    const signingIn = phase === 'resuming' && this.#resumeAsked
    if (present?.flown !== true || (phase !== 'ready' && !signingIn)) return
    const parcels = this.#take(this.#signedIn || signingIn ? 'all' : 'public', false)
    this.#send(parcels)
    const size = parcels.reduce((total, { packet }) => total + packet.length, 0)
    if (size > 0) this.#pulse.asked(size, this.#now())
  }

  #take(admission: Admission, early: boolean): Parcel[] {
    return encodeAttempts(this.#calls.take(this.#now(), admission, early))
  }

  #ping(): void {
    this.#send([control({ ping: this.#pulse.number })])
  }

  #send(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) this.#life.present?.send(parcel)
    if (parcels.length > 0) this.#pulse.sent(this.#now())
  }

  // ---- time ----

  #arm(): void {
    this.#cancelTimer()
    if (this.#life.phase === 'stopped') return
    const now = this.#now()
    const next = Math.min(this.#life.deadlineMs, this.#pulse.deadlineMs, this.#calls.deadlineMs(now))
    if (next !== Infinity) this.#cancelTimer = this.#options.clock.after(next - now, () => this.#tick())
  }

  #tick(): void {
    const now = this.#now()
    this.#calls.expire(now)
    this.#life.tick()
    const beat = this.#pulse.take(now)
    if (beat === 'ping') this.#ping()
    if (beat === 'dead') this.#life.lost()
    this.#flushSoon()
    this.#arm()
  }
}

function control(packet: Parameters<typeof encodePacket>[0]): Parcel {
  return { priority: Priority.CONTROL, packet: encodePacket(packet) }
}

/** The sign-in could not be decided; the next connection asks again. */
function isPassing(error: RpcError): boolean {
  return ['unavailable', 'internal', 'deadline_exceeded', 'resource_exhausted'].includes(error.code)
}
