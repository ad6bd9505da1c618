import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { MessageRecalledSchema, MessagesDisappearedSchema } from '../../schema/chat_pb'
import { PinnedSchema, Pins } from '../../schema/pins_pb'

export const NAME = 'pins'

export interface PinsApi {
  pin(log: string, seq: number, on: boolean): Promise<void>
  /** The newest pin first. */
  list(log: string): Promise<number[]>
  /**
   * Calls `run` when the pins of a conversation changed; returns what ends it. What is erased is not pinned any
   * more, and no event of its own says so: then these messages are named.
   */
  onChange(run: (log: string, erased?: readonly number[]) => void): () => void
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
    onChange(run) {
      const stops = [
        context.onEvent(PinnedSchema, ({ log }) => run(log)),
        context.onEvent(MessageRecalledSchema, ({ log }, { seq }) => run(log, [seq])),
        context.onEvent(MessagesDisappearedSchema, ({ log }, { seqs }) => run(log, seqs)),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}

export const pinsApi = (app: App): PinsApi => app.features.get(NAME) as PinsApi
