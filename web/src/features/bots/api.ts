import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { Bots as Rpc, Ending, type Hook as WireHook } from '../../schema/bots_pb'

export const NAME = 'bots'

export interface Hook {
  id: string
  name: string
  /** User id of who made it. */
  by: string
  createdAtMs: number
  /** 0 as long as it works. */
  endedAtMs: number
  /** Why it does not. */
  ending: '' | 'makerLeft' | 'removed'
}

export interface Bot {
  user: string
  handle: string
  name: string
}

export interface BotsApi {
  /** This person's own. */
  bots(): Promise<Bot[]>
  /** Resolves with the token, which is told this once. */
  createBot(handle: string, name: string): Promise<string>
  /** The same; the token before it ends at once. */
  renewToken(user: string): Promise<string>
  removeBot(user: string): Promise<void>
  hooks(log: string): Promise<Hook[]>
  /** Resolves with the address, which is told this once. */
  createHook(log: string, name: string): Promise<string>
  removeHook(id: string): Promise<void>
}

export function createBots({ call }: FeatureContext): BotsApi {
  return {
    async bots() {
      const { bots } = await call(Rpc.method.listBots, {})
      return bots.map(({ profile }) => {
        const { user = '', handle = '', name = '' } = profile ?? {}
        return { user, handle, name }
      })
    },
    async createBot(handle, name) {
      return (await call(Rpc.method.createBot, { handle, name })).token
    },
    async renewToken(user) {
      return (await call(Rpc.method.renewToken, { user })).token
    },
    async removeBot(user) {
      await call(Rpc.method.removeBot, { user })
    },
    async hooks(log) {
      const { hooks } = await call(Rpc.method.listHooks, { log })
      return hooks.map(toHook)
    },
    async createHook(log, name) {
      return (await call(Rpc.method.createHook, { log, name })).url
    },
    async removeHook(id) {
      await call(Rpc.method.removeHook, { id })
    },
  }
}

function toHook({ id, name, by, createdAtMs, endedAtMs, ending }: WireHook): Hook {
  const why = { [Ending.NONE]: '', [Ending.MAKER_LEFT]: 'makerLeft', [Ending.REMOVED]: 'removed' } as const
  return {
    id,
    name,
    by,
    createdAtMs: Number(createdAtMs),
    endedAtMs: Number(endedAtMs),
    ending: why[ending],
  }
}

export const botsApi = (app: App): BotsApi => app.features.get(NAME) as BotsApi
