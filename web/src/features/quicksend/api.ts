/** The quick sends of an app, for this feature's components. */
import type { App } from '../../model/api'
import type { QuickSides } from './types'

export type { QuickSendState, QuickState } from './types'

type Pages = Pick<typeof import('./sides'), 'ReceivePage' | 'SendPage'>

export interface QuickApi {
  /** Both sides and their pages: few people need them, so they are fetched when somebody comes. */
  enter(): Promise<Pages & QuickSides>
}

export function quickOf(app: App): QuickApi {
  return app.features.get('quicksend') as QuickApi
}
