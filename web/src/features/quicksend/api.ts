/** The quick sends of an app, for this feature's components. */
import type { App } from '../../model/api'
import type { QuickReceiveApi } from './types'

export type { QuickReceiveApi, QuickState } from './types'

export function quickReceiveOf(app: App): QuickReceiveApi {
  return app.features.get('quicksend') as QuickReceiveApi
}
