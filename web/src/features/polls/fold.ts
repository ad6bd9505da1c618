/** How a poll stands: a fold over the votes and closings of its conversation. Pure. */
import { eventFold } from '../../model/feature'
import type { Message } from '../../model/types'
import { PollClosedSchema, VotedSchema } from '../../schema/polls_pb'

export const NAME = 'polls'

export interface Standing {
  /** The chosen options by user id. */
  votes: ReadonlyMap<string, readonly number[]>
  closed: boolean
}

const NOTHING: Standing = { votes: new Map(), closed: false }

export function standingOf(message: Message): Standing {
  return (message.extras[NAME] as Standing | undefined) ?? NOTHING
}

/** The newest choice of a user counts; none takes the vote back. */
export function vote(before: Standing, user: string, options: readonly number[]): Standing {
  const votes = new Map(before.votes)
  if (options.length > 0) votes.set(user, options)
  else votes.delete(user)
  return { ...before, votes }
}

/** Who chose an option, first come first. */
export function votersOf({ votes }: Standing, option: number): string[] {
  return [...votes].flatMap(([user, options]) => (options.includes(option) ? [user] : []))
}

export const folds = [
  eventFold(VotedSchema, (timeline, event, { seq, options }) => {
    const message = timeline.row(seq)
    if (message) timeline.setExtra(seq, vote(standingOf(message), event.author, options))
  }),
  eventFold(PollClosedSchema, (timeline, _event, { seq }) => {
    const message = timeline.row(seq)
    if (message) timeline.setExtra(seq, { ...standingOf(message), closed: true })
  }),
]
