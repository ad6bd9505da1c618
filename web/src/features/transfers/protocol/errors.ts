/** What can be wrong with a transfer. */
import { StopReason } from '../../../schema/transfers_pb'

/** The other side said something that makes no sense here: its channel is closed. */
export class RulesError extends Error {
  override readonly name = 'RulesError'
}

/** These files cannot be handed over together. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError'
}

/** One of the two sides gave up. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'
  readonly reason: StopReason
  readonly byUs: boolean

  constructor(reason: StopReason, byUs: boolean) {
    super(StopReason[reason])
    this.reason = reason
    this.byUs = byUs
  }
}
