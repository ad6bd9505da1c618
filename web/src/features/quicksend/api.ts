/** The quick sends of an app, for this feature's components. */
import type { App } from '../../model/api'
import type { QuickApi } from './types'

export type { QuickApi, QuickSendState, QuickState } from './types'

export function quickOf(app: App): QuickApi {
  return app.features.get('quicksend') as QuickApi
}
