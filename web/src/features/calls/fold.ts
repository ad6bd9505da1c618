/** The row of a call that is over. Pure. */
import { eventFold, type EventFold } from '../../model/feature'
import type { Path } from '../../model/types'
import { CallRecordedSchema } from '../../schema/calls_pb'
import { pathFromWire } from '../peers/api'
import type { CallOutcome } from './types'
import { outcomeFromWire } from './wire'

export interface CallRow {
  call: string
  caller: string
  video: boolean
  outcome: CallOutcome
  durationS: number
  path: Path
}

export const folds: readonly EventFold[] = [
  eventFold(CallRecordedSchema, (timeline, _event, body) => {
    const { call, caller, video, durationS } = body
    const row: CallRow = {
      call,
      caller,
      video,
      outcome: outcomeFromWire(body.outcome),
      durationS,
      path: pathFromWire(body.path),
    }
    timeline.addRow(row)
  }),
]
