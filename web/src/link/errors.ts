import { Code, type Error as WireError } from '../schema/link_pb'

/** The codes of `hutong.link.Code`, as programs and translations name them. */
export type ErrorCode =
  | 'invalid_argument'
  | 'not_found'
  | 'permission_denied'
  | 'already_exists'
  | 'resource_exhausted'
  | 'failed_precondition'
  | 'unavailable'
  | 'internal'
  | 'unauthenticated'
  | 'deadline_exceeded'

const NAMES: Readonly<Record<Code, ErrorCode>> = {
  [Code.UNSPECIFIED]: 'internal',
  [Code.INVALID_ARGUMENT]: 'invalid_argument',
  [Code.NOT_FOUND]: 'not_found',
  [Code.PERMISSION_DENIED]: 'permission_denied',
  [Code.ALREADY_EXISTS]: 'already_exists',
  [Code.RESOURCE_EXHAUSTED]: 'resource_exhausted',
  [Code.FAILED_PRECONDITION]: 'failed_precondition',
  [Code.UNAVAILABLE]: 'unavailable',
  [Code.INTERNAL]: 'internal',
  [Code.UNAUTHENTICATED]: 'unauthenticated',
  [Code.DEADLINE_EXCEEDED]: 'deadline_exceeded',
}

/**
 * Why a call, or anything else in the model, did not work. `message` is a sentence for the person;
 * `reason` a stable word for programs and translations ('offline', 'handle_taken', ...).
 */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: ErrorCode
  readonly reason: string
  readonly retryAfterMs: number

  constructor(code: ErrorCode, message: string, reason = '', retryAfterMs = 0) {
    super(message)
    this.code = code
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }

  /** What a server said; a code this client does not know is `internal`. */
  static fromWire(error: WireError): RpcError {
    const code = (NAMES as Partial<Record<number, ErrorCode>>)[error.code] ?? 'internal'
    return new RpcError(code, error.message, error.reason, error.retryAfterMs)
  }
}

/** Any thrown value as an `RpcError`: what escapes the model always is one. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error
  if (error instanceof DOMException && error.name === 'AbortError')
    return new RpcError('unavailable', 'This was cancelled.', 'cancelled')
  if (error instanceof DOMException && error.name === 'QuotaExceededError')
    return new RpcError('resource_exhausted', 'This browser has no storage left.', 'storage_full')
  return new RpcError('internal', 'Something went wrong in this browser.', 'client')
}

/** What arrived is not what the schema says, or is packed in a way of a later version. */
export function notUnderstood(): RpcError {
  return new RpcError('internal', 'The server sent something this client does not understand.', 'bad_reply')
}
