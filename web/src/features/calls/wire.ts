/** Between the calls of the schema and those of the views. */
import { Outcome, State, type Call as WireCall } from '../../schema/calls_pb'
import type { Call, CallOutcome, CallState } from './types'

const STATES: Readonly<Record<State, CallState>> = {
  [State.UNSPECIFIED]: 'ended',
  [State.RINGING]: 'ringing',
  [State.ACTIVE]: 'active',
  [State.ENDED]: 'ended',
}

const OUTCOMES: Readonly<Record<Outcome, CallOutcome>> = {
  [Outcome.UNSPECIFIED]: '',
  [Outcome.COMPLETED]: 'completed',
  [Outcome.DECLINED]: 'declined',
  [Outcome.BUSY]: 'busy',
  [Outcome.NO_ANSWER]: 'noAnswer',
  [Outcome.CANCELLED]: 'cancelled',
  [Outcome.LOST]: 'lost',
}

/** A number a newer server may have sent is an outcome without a name. */
export function outcomeFromWire(outcome: Outcome): CallOutcome {
  return (OUTCOMES as Partial<Record<number, CallOutcome>>)[outcome] ?? ''
}

export function callFromWire(call: WireCall): Call {
  return {
    call: call.call,
    log: call.log,
    caller: call.caller,
    callee: call.callee,
    callerDevice: call.callerDevice,
    calleeDevice: call.calleeDevice,
    video: call.video,
    state: (STATES as Partial<Record<number, CallState>>)[call.state] ?? 'ended',
    outcome: outcomeFromWire(call.outcome),
    answeredAtMs: Number(call.answeredAtMs),
  }
}
