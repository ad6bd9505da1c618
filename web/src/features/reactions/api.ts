import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { Reactions } from '../../schema/reactions_pb'
import { NAME } from './fold'

export interface ReactionsApi {
  /** Shown when it comes back as an event, here as on every other device. */
  react(log: string, seq: number, emoji: string, on: boolean): Promise<void>
}

export function createReactions({ call }: FeatureContext): ReactionsApi {
  return {
    async react(log, seq, emoji, on) {
      await call(Reactions.method.react, { log, seq, emoji, on })
    },
  }
}

export const reactionsApi = (app: App): ReactionsApi => app.features.get(NAME) as ReactionsApi
