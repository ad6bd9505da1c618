import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { Polls } from '../../schema/polls_pb'
import { NAME } from './fold'

export interface PollsApi {
  /** The whole choice; none takes the vote back. */
  vote(log: string, seq: number, options: readonly number[]): Promise<void>
  close(log: string, seq: number): Promise<void>
}

export function createPolls({ call }: FeatureContext): PollsApi {
  return {
    async vote(log, seq, options) {
      await call(Polls.method.vote, { log, seq, options: [...options] })
    },
    async close(log, seq) {
      await call(Polls.method.close, { log, seq })
    },
  }
}

export const pollsApi = (app: App): PollsApi => app.features.get(NAME) as PollsApi
