/** Calls as the model makes them: typed, with a key, a deadline and a way to take them back. */
import { create, fromBinary, toBinary, type DescMessage, type DescMethodUnary } from '@bufbuild/protobuf'
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { SessionReplySchema } from '../schema/identity_pb'
import type { CallTable, Outgoing } from './calls'
import type { LinkCallOptions, LinkOptions } from './contract'
import { notUnderstood, RpcError } from './errors'
import { MESSAGE_BYTES_MAX } from './limits'
import { Access, rulesOf } from './method'

const DEADLINE_MS = 20_000
const KEY_BYTES = 16
/** Room for the packet around a request's body. */
const ENVELOPE_BYTES = 128

export interface CallerEvents {
  /** Whether somebody is signed in, or about to be. */
  mayCall(): boolean
  onQueued(): void
  /** The connection on which this was asked is signed in now. */
  onSignedIn(): void
}

type Request = Omit<Outgoing, 'resolve' | 'reject'>

export class Caller {
  readonly #calls: CallTable
  readonly #options: Pick<LinkOptions, 'clock' | 'randomBytes'>
  readonly #events: CallerEvents

  constructor(calls: CallTable, options: Pick<LinkOptions, 'clock' | 'randomBytes'>, events: CallerEvents) {
    this.#calls = calls
    this.#options = options
    this.#events = events
  }

  async call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    options: LinkCallOptions,
  ): Promise<MessageShape<Output>> {
    const { clock, randomBytes } = this.#options
    const rules = rulesOf(method)
    const body = toBinary(method.input, create(method.input, request))
    if (body.length > MESSAGE_BYTES_MAX - ENVELOPE_BYTES)
      throw new RpcError('invalid_argument', 'This is too large to send.', 'too_large')
    if (rules.access !== Access.PUBLIC && !this.#events.mayCall()) throw signedOut()
    const key = options.key ?? (rules.replaySafe ? new Uint8Array() : randomBytes(KEY_BYTES))
    const deadlineAtMs = clock.nowMs() + (options.deadlineMs ?? DEADLINE_MS)
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
          if (signsIn) this.#events.onSignedIn()
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
      this.#events.onQueued()
    })
  }
}

export function signedOut(): RpcError {
  return new RpcError('unauthenticated', 'Please sign in first.', 'signed_out')
}

export function decodeReply<Desc extends DescMessage>(schema: Desc, body: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, body)
  } catch {
    throw notUnderstood()
  }
}
