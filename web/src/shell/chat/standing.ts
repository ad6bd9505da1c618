import type { Message } from '../../model/types'
import { slotsOf } from '../registry'

/** Drawn in the middle, as something that happened, not as something a person said. */
export function standsAlone({ body }: Message): boolean {
  if (body.kind === 'feature') return slotsOf(body.feature)?.messageFrame === 'note'
  return body.kind === 'note' || body.kind === 'recalled'
}
