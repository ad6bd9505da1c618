/** The transfers of an app, for this feature's components. */
import type { App } from '../../model/api'
import type { TransfersApi } from './types'

export type { Transfer, TransferProgress, TransfersApi } from './types'

export function transfersOf(app: App): TransfersApi {
  return app.features.get('transfers') as TransfersApi
}

/** For features that hand files over data channels of their own. */
export { CHANNEL_LABEL, PROTOCOL, type Files } from './channel'
export { tie } from './data-channel'
export { browserFiles } from './disk'
export { MemoryLanding, type Landing, type Received, type ReceivedFiles } from './landing'
export { hasPlaces, pickedOf, pickFiles, pickFolder, readDropped } from './pick'
export { saveOne, saveReceived } from './place'
export { ManifestError, type StoppedError } from './protocol/errors'
export type { Manifest } from './protocol/manifest'
export { smoothed, timeLeft, type RateSample } from './rate'
export { ReceivingFiles } from './receiving-files'
export { SendingFiles } from './sending-files'
export { PickedSource, type Picked } from './source'
