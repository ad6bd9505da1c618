/** Finds conversations, and contacts one has not written with, by parts of their names. */
import type { Contact, ConversationSummary } from '../../model/types'
import { fold } from '../text/letters'

export interface Found {
  kind: 'chat' | 'person'
  /** The log of a chat, the user id of a person. */
  id: string
  /** What the avatar's colour goes by. */
  avatar: string
  title: string
  handle: string
  picture: string
  group: boolean
}

const FOUND_MAX = 30

export function find(
  query: string,
  conversations: readonly ConversationSummary[],
  contacts: readonly Contact[],
): Found[] {
  const wanted = fold(query)
  const written = new Set(conversations.flatMap(({ peer }) => peer?.user ?? []))
  const chats = conversations.map(({ log, title, picture, peer, group }): Found => {
    return {
      kind: 'chat',
      id: log,
      avatar: peer?.user ?? log,
      title,
      handle: peer?.handle ?? '',
      picture,
      group,
    }
  })
  const people = contacts
    .filter(
      ({ relation, blocked, person }) => relation === 'contact' && !blocked && !written.has(person.user),
    )
    .map(({ person: { user, name, handle, picture } }): Found => {
      return { kind: 'person', id: user, avatar: user, title: name, handle, picture, group: false }
    })
  return [...chats, ...people]
    .map((item, order) => ({ item, order, rank: rank(item, wanted) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .slice(0, FOUND_MAX)
    .map(({ item }) => item)
}

/** 0: the name begins so; 1: a word or the handle does; 2: somewhere in it; -1: no match. */
function rank({ title, handle }: Found, wanted: string): number {
  const name = fold(title)
  if (name.startsWith(wanted)) return 0
  if (handle.startsWith(wanted) || name.includes(` ${wanted}`)) return 1
  return name.includes(wanted) || handle.includes(wanted) ? 2 : -1
}
