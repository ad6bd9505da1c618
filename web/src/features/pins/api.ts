import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { PinnedSchema, Pins } from '../../schema/pins_pb'

export const NAME = 'pins'

export interface PinsApi {
  pin(log: string, seq: number, on: boolean): Promise<void>
  /** The newest pin first. */
  list(log: string): Promise<number[]>
  /** Calls `run` when the pins of a conversation changed; returns what ends it. */
  onChange(run: (log: string) => void): () => void
}

export function createPins(context: FeatureContext): PinsApi {
  const { call } = context
  return {
    async pin(log, seq, on) {
      await call(Pins.method.pin, { log, seq, on })
    },
    async list(log) {
      return (await call(Pins.method.list, { log })).seqs
    },
    onChange: (run) => context.onEvent(PinnedSchema, ({ log }) => run(log)),
  }
}

export const pinsApi = (app: App): PinsApi => app.features.get(NAME) as PinsApi
