/** The calls of an app, for this feature's components. */
import type { App } from '../../model/api'
import type { CallsApi } from './types'

export type { CallsApi, CallView } from './types'

export function callsOf(app: App): CallsApi {
  return app.features.get('calls') as CallsApi
}
