/** Conversations as `Chat.List`, `Open` and their like describe them: what is stored of them, and what is missing. */
import type { Conversation } from '../../schema/chat_pb'
import type { Change } from '../change'
import { applySnapshot } from '../snapshot'
import type { Missing } from './missing'
import type { SyncOptions } from './options'

export function takeListed(
  options: SyncOptions,
  change: Change,
  conversation: Conversation,
  missing: Missing,
): void {
  const { log } = conversation
  // One that is new here may have been followed before the user left it: then it no longer is.
  const follow = change.state.conversations.has(log) ? missing.follow : missing.again
  const incomplete = applySnapshot(change, options.folds, conversation)
  const stored = change.state.conversations.get(log)
  // A list of many large groups leaves members out of the last of them.
  if ((incomplete && stored?.last === null) || stored?.members.length === 0) missing.fetch.add(log)
  follow.add(log)
  tellMarks(options, conversation)
}

export function tellMarks(options: SyncOptions, { log, members }: Conversation): void {
  const { me } = options.store.state
  const mine = members.find(({ profile }) => profile?.user === me)
  if (mine !== undefined) options.onMarks(log, mine)
}

/** Conversations that were there before the list was asked for and are not in it are over. */
export function dropUnlisted(
  change: Change,
  before: readonly string[],
  listed: readonly Conversation[],
): void {
  const logs = new Set(listed.map(({ log }) => log))
  for (const log of before) {
    if (!logs.has(log) && change.state.conversations.has(log)) change.dropConversation(log)
  }
}
