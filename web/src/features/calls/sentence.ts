/** One line about a call that is over. */
import type { CallRow } from './fold'
import { duration, outcomeKey } from './wording'

type Translate = (key: string, values?: Readonly<Record<string, string | number>>) => string

export function sentence(row: CallRow, outgoing: boolean, translate: Translate): string {
  const what = translate(row.video ? 'calls.video' : 'calls.voice')
  if (row.outcome === 'completed' || row.outcome === 'lost')
    return translate('calls.lasted', { what, duration: duration(row.durationS) })
  return translate(outcomeKey(row.outcome, outgoing))
}
