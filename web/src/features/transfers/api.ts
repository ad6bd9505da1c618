/** The transfers of an app, for this feature's components. */
import type { App } from '../../model/api'
import type { TransfersApi } from './types'

export type { Transfer, TransferProgress, TransfersApi } from './types'

export function transfersOf(app: App): TransfersApi {
  return app.features.get('transfers') as TransfersApi
}
