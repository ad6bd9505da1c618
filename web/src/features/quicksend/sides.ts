/** Both sides of quick sends, and the codes and secrets they take: fetched when somebody comes for them. */
import type { FeatureContext } from '../../model/feature'
import { QuickReceive } from './receive'
import { QuickSending } from './send'
import type { QuickSides } from './types'

export { default as ReceivePage } from './ReceivePage.svelte'
export { default as SendPage } from './SendPage.svelte'

export function sidesOf(context: FeatureContext): QuickSides {
  return { receiving: new QuickReceive(context), sending: new QuickSending(context) }
}
