import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'

export const NAME = 'groups'

export interface GroupsApi {
  /** The announcement of a group that was put away on this device, or ''. */
  read(log: string): Promise<string>
  /** It was read: it is not shown again, until there is another one. */
  dismiss(log: string, announcement: string): Promise<void>
}

export function createGroups({ storage }: FeatureContext): GroupsApi {
  return {
    async read(log) {
      const kept = await storage.get(log)
      return typeof kept === 'string' ? kept : ''
    },
    dismiss: (log, announcement) => storage.put(log, announcement),
  }
}

export const groupsApi = (app: App): GroupsApi => app.features.get(NAME) as GroupsApi
