import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { Belongings as Rpc, Export_State, type Export } from '../../schema/belongings_pb'

export const NAME = 'belongings'

export interface Space {
  sizeBytes: number
  conversations: { log: string; sizeBytes: number; files: number }[]
  largest: StoredFile[]
}

export interface StoredFile {
  log: string
  /** 0: its message is too far back to be named. */
  seq: number
  blob: string
  name: string
  sizeBytes: number
  atMs: number
}

export interface Copy {
  state: 'working' | 'ready' | 'failed'
  percent: number
  blob: string
  sizeBytes: number
  atMs: number
}

export interface BelongingsApi {
  space(): Promise<Space>
  /** Starts a copy of everything one may read, or tells of the one that is under way. */
  copy(files: boolean): Promise<Copy | null>
  /** null when there is none. */
  copyState(): Promise<Copy | null>
  deleteAccount(password: string, messages: boolean): Promise<void>
}

const STATES = {
  [Export_State.WORKING]: 'working',
  [Export_State.READY]: 'ready',
  [Export_State.FAILED]: 'failed',
} as const

export function createBelongings({ call }: FeatureContext): BelongingsApi {
  return {
    async space() {
      const { sizeBytes, conversations, largest } = await call(Rpc.method.space, {})
      return {
        sizeBytes: Number(sizeBytes),
        conversations: conversations.map(({ log, sizeBytes, files }) => {
          return { log, sizeBytes: Number(sizeBytes), files }
        }),
        largest: largest.map(({ log, seq, blob, name, sizeBytes, atMs }) => {
          return { log, seq, blob, name, sizeBytes: Number(sizeBytes), atMs: Number(atMs) }
        }),
      }
    },
    async copy(files) {
      return toCopy((await call(Rpc.method.export, { files })).export)
    },
    async copyState() {
      return toCopy((await call(Rpc.method.exportState, {})).export)
    },
    async deleteAccount(password, messages) {
      await call(Rpc.method.deleteAccount, { password, messages })
    },
  }
}

function toCopy(made: Export | undefined): Copy | null {
  if (made === undefined) return null
  const { state, percent, blob, sizeBytes, atMs } = made
  return { state: STATES[state], percent, blob, sizeBytes: Number(sizeBytes), atMs: Number(atMs) }
}

export const belongingsApi = (app: App): BelongingsApi => app.features.get(NAME) as BelongingsApi
