/** What reactions a message has: a fold over the `Reacted` events of its conversation. Pure. */
import { eventFold } from '../../model/feature'
import type { Message } from '../../model/types'
import { ReactedSchema } from '../../schema/reactions_pb'

/** For each emoji the users who chose it, first come first. */
export type Reactions = ReadonlyMap<string, readonly string[]>

export const NAME = 'reactions'
const NONE: Reactions = new Map()

export function reactionsOf(message: Message): Reactions {
  return (message.extras[NAME] as Reactions | undefined) ?? NONE
}

/** Doing the same twice changes nothing; the last user who takes an emoji back takes it away. */
export function react(before: Reactions, emoji: string, user: string, on: boolean): Reactions {
  const users = before.get(emoji) ?? []
  if (users.includes(user) === on) return before
  const after = new Map(before)
  if (on) after.set(emoji, [...users, user])
  else if (users.length > 1)
    after.set(
      emoji,
      users.filter((other) => other !== user),
    )
  else after.delete(emoji)
  return after
}

export const folds = [
  eventFold(ReactedSchema, (timeline, event, { seq, emoji, on }) => {
    const message = timeline.row(seq)
    if (message === undefined) return
    timeline.setExtra(seq, react(reactionsOf(message), emoji, event.author, on))
  }),
]
