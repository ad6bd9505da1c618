/** What the word before the caret could become: a person after an @, an emoji after a colon. Pure. */
import type { Person } from '../../model/types'
import type { Emoji } from '../emoji/list'
import { letterOf } from '../text/letters'

export type Suggestion =
  /** `user` is '' for everyone. */
  | { kind: 'person'; user: string; name: string; handle: string; picture: string }
  | { kind: 'emoji'; emoji: string; name: string }

export interface Word {
  kind: 'person' | 'emoji'
  query: string
  /** Where it begins in the text, its sign included. */
  from: number
}

export const SUGGESTED_MAX = 8
/** Longer words are no names that are still being typed. */
const QUERY_MAX = 32

/** The word that is being written before the caret, when it could be completed. */
export function wordBefore(text: string, caret: number): Word | undefined {
  const before = text.slice(Math.max(0, caret - QUERY_MAX - 2), caret)
  // Chinese is written without spaces: an @ may follow a character, only not one of an e-mail address.
  const person = /(?:^|[^\w.+-])@([\p{L}\p{N}_.-]*)$/u.exec(before)
  if (person) return word('person', person[1] ?? '', caret)
  const emoji = /(?:^|[\s\p{P}\p{Script=Han}])[:：]([\p{L}][\p{L}\p{N}_+-]*)$/u.exec(before)
  if (emoji && (emoji[1] ?? '').length > (/\p{Script=Han}/u.test(emoji[1] ?? '') ? 0 : 1))
    return word('emoji', emoji[1] ?? '', caret)
  return undefined
}

const word = (kind: Word['kind'], query: string, caret: number): Word => {
  return { kind, query, from: caret - query.length - 1 }
}

/** People whose name, a word of it, its pinyin letters, or whose handle begins so. */
export function peopleLike(query: string, people: readonly Person[]): Suggestion[] {
  const wanted = fold(query)
  return people
    .map((person, order) => ({ person, order, rank: rank(person, wanted) }))
    .filter((one) => one.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .slice(0, SUGGESTED_MAX)
    .map(({ person: { user, name, handle, picture } }) => ({ kind: 'person', user, name, handle, picture }))
}

export function emojiLike(found: readonly Emoji[]): Suggestion[] {
  return found.slice(0, SUGGESTED_MAX).map(([emoji, name]) => ({ kind: 'emoji', emoji, name }))
}

function rank({ name, handle }: Person, wanted: string): number {
  const folded = fold(name)
  if (folded.startsWith(wanted)) return 0
  if (handle.startsWith(wanted) || initials(name).startsWith(wanted)) return 1
  return folded.split(/\s+/).some((part) => part.startsWith(wanted)) ? 2 : -1
}

/** "lj" for 林静 and for Lin Jing. */
export function initials(name: string): string {
  const parts = /\p{Script=Han}/u.test(name) ? Array.from(name.replace(/\s/g, '')) : name.split(/\s+/)
  return parts.map((part) => letterOf(part).toLowerCase()).join('')
}

const fold = (text: string): string => text.trim().normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
