/** Why one may not write in a conversation: nothing is typed in vain. What the server decides (`roles.py` there). Pure. */
import type { Contact, ConversationSummary } from '../../model/types'

export type Bar = 'muted' | 'admins' | 'blocked' | 'stranger'

export interface Barred {
  bar: Bar
  /** When a mute ends; 0 for the others. */
  untilMs: number
}

export function barredFrom(
  { group, saved, members, peer, settings }: ConversationSummary,
  me: string,
  contacts: readonly Contact[],
  nowMs: number,
): Barred | undefined {
  if (saved) return undefined
  if (group) {
    const mine = members.find(({ person }) => person.user === me)
    if (mine === undefined || mine.role === 'owner') return undefined
    if (mine.mutedUntilMs > nowMs) return { bar: 'muted', untilMs: mine.mutedUntilMs }
    return mine.role === 'member' && settings?.adminsWrite === true
      ? { bar: 'admins', untilMs: 0 }
      : undefined
  }
  const contact = contacts.find(({ person }) => person.user === peer?.user)
  if (peer === null) return undefined
  if (contact?.blocked === true) return { bar: 'blocked', untilMs: 0 }
  return contact?.relation === 'contact' ? undefined : { bar: 'stranger', untilMs: 0 }
}
