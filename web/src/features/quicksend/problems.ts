/** What went wrong, as a sentence the page can translate. */
import { Ending } from '../../schema/quicksend_pb'
import { StopReason } from '../../schema/transfers_pb'
import type { StoppedError } from '../transfers/api'
import { RpcError } from '../../model/feature'
import { CodeError } from './code'
import type { Problem } from './types'

const REASONS: Record<string, string> = {
  no_such_channel: 'quicksend.unknown',
  taken: 'quicksend.taken',
  used: 'quicksend.used',
  cancelled: 'quicksend.cancelled',
  wrong_code: 'quicksend.void',
  gone: 'quicksend.gone',
  expired: 'quicksend.expired',
  quick_send_off: 'quicksend.off',
}

/** The error that stands for the end of a channel, for the receiver. */
export function endingProblem(ending: Ending): Error {
  switch (ending) {
    case Ending.CANCELLED:
    case Ending.DONE:
      return new Error('quicksend.cancelled')
    case Ending.WRONG_CODE:
      return new Error('quicksend.wrongCode')
    case Ending.EXPIRED:
      return new Error('quicksend.expired')
    default:
      return new Error('quicksend.gone')
  }
}

/** The error that stands for files that stopped, for the sender. */
export function sendingProblem({ reason, byUs }: StoppedError): Error {
  if (reason === StopReason.STOP_VERSION) return new Error('transfers.otherVersion')
  if (byUs) return new Error('transfers.unreadable')
  if (reason === StopReason.STOP_NO_SPACE) return new Error('transfers.noRoomThere')
  return new Error(reason === StopReason.STOP_DIFFERENT ? 'transfers.different' : 'quicksend.cancelledThere')
}

export function problemOf(error: unknown): Problem {
  if (error instanceof CodeError) {
    const key = error.suggestions.length > 0 ? 'perhaps' : error.reason
    const values = { word: error.word, words: error.suggestions.join(', ') }
    return { key: `quicksend.code.${key}`, values }
  }
  if (error instanceof RpcError) return { key: REASONS[error.reason] ?? error.message, values: {} }
  const known = error instanceof Error && /^(quicksend|transfers)\./.test(error.message)
  return { key: known ? error.message : 'quicksend.changed', values: {} }
}
