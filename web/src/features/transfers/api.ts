/** The transfers of an app, for this feature's components. */
import type { App } from '../../model/api'
import type { TransfersApi } from './types'

export type { Transfer, TransferProgress, TransfersApi } from './types'

export function transfersOf(app: App): TransfersApi {
  return app.features.get('transfers') as TransfersApi
}

/** For features that receive files over data channels of their own. */
export { CHANNEL_LABEL } from './channel'
export { tie } from './data-channel'
export { browserFiles } from './disk'
export { Receiving } from './receive'
export type { ReceivedFiles, Sink } from './sink'
