/** Which sentence says how a call ended, and how long it was. Pure. */
import type { CallOutcome, CallView } from './types'

/** "3:07", "1:02:45". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const tail = String(rest).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

const OUTGOING: Readonly<Record<CallOutcome, string>> = {
  '': 'calls.ended',
  completed: 'calls.ended',
  declined: 'calls.theyDeclined',
  busy: 'calls.theyAreBusy',
  noAnswer: 'calls.noAnswer',
  cancelled: 'calls.cancelled',
  lost: 'calls.lost',
}

const INCOMING: Readonly<Record<CallOutcome, string>> = {
  ...OUTGOING,
  declined: 'calls.youDeclined',
  busy: 'calls.missedBusy',
  noAnswer: 'calls.missed',
  cancelled: 'calls.missed',
}

export function outcomeKey(outcome: CallOutcome, outgoing: boolean): string {
  return outgoing ? OUTGOING[outcome] : INCOMING[outcome]
}

/** Whether the person has something to read or to decide now that the call is over: it stands until they put it away. */
export function awaitsPerson(view: Pick<CallView, 'elsewhere' | 'error' | 'outcome' | 'outgoing'>): boolean {
  if (view.elsewhere) return false
  if (view.error !== '' || view.outcome === 'lost') return true
  return view.outgoing && ['declined', 'busy', 'noAnswer'].includes(view.outcome)
}

/** Why the call is over, as a key or a sentence of the server. */
export function endKey(view: Pick<CallView, 'elsewhere' | 'error' | 'outcome' | 'outgoing'>): string {
  if (view.elsewhere) return 'calls.elsewhere'
  return view.error || outcomeKey(view.outcome, view.outgoing)
}
