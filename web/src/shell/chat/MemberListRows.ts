/** How the members of a group are listed. */
import type { Member, Role } from '../../model/types'
import { byLetter, fold } from '../text/letters'

export type MemberRow =
  { kind: 'letter'; id: string; letter: string } | { kind: 'member'; id: string; member: Member }

const RANK: Record<Role, number> = { owner: 0, admin: 1, member: 2 }

/** What a member is called in this group. */
export const memberName = ({ nickname, person }: Member): string => nickname || person.name

/** The owner, then the admins, then the others as they came. */
export const inRank = (members: readonly Member[]): Member[] =>
  members.toSorted((a, b) => RANK[a.role] - RANK[b.role])

/** Those whose name, nickname or handle has `query` in it, under their letters; searched for, without letters. */
export function memberRows(members: readonly Member[], query: string): MemberRow[] {
  const wanted = fold(query)
  const found = members.filter(({ person, nickname }) =>
    [person.name, nickname, person.handle].some((name) => fold(name).includes(wanted)),
  )
  const groups = byLetter(found, memberName)
  return groups.flatMap(({ letter, items }): MemberRow[] => [
    ...(wanted === '' ? [{ kind: 'letter' as const, id: `letter ${letter}`, letter }] : []),
    ...items.map((member): MemberRow => ({ kind: 'member', id: member.person.user, member })),
  ])
}
