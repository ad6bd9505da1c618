import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { Bots as Rpc } from '../../schema/bots_pb'

export const NAME = 'bots'

export interface Hook {
  id: string
  name: string
  createdAtMs: number
}

export interface BotsApi {
  hooks(log: string): Promise<Hook[]>
  /** Resolves with the address, which is told this once. */
  createHook(log: string, name: string): Promise<string>
  removeHook(id: string): Promise<void>
}

export function createBots({ call }: FeatureContext): BotsApi {
  return {
    async hooks(log) {
      const { hooks } = await call(Rpc.method.listHooks, { log })
      return hooks.map(({ id, name, createdAtMs }) => ({ id, name, createdAtMs: Number(createdAtMs) }))
    },
    async createHook(log, name) {
      return (await call(Rpc.method.createHook, { log, name })).url
    },
    async removeHook(id) {
      await call(Rpc.method.removeHook, { id })
    },
  }
}

export const botsApi = (app: App): BotsApi => app.features.get(NAME) as BotsApi
