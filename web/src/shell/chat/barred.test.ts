import { describe, expect, it } from 'vitest'
import type { Contact, ConversationSummary, Member, Role } from '../../model/types'
import { conversationsIn } from '../fixture/people'
import { barredFrom } from './barred'

const NOW_MS = 1_000_000
const all = conversationsIn('en')
const found = { group: all.find(({ group }) => group), two: all.find(({ group, saved }) => !group && !saved) }
if (!found.group || !found.two) throw new Error('the fixture has both')
const { group, two } = found as Record<'group' | 'two', ConversationSummary>
const open = { inviting: 'members', approval: false, history: true, announcement: '' } as const

function inGroup(role: Role, adminsWrite: boolean, mutedUntilMs = 0): ConversationSummary {
  const [member] = group.members
  if (!member) throw new Error('the group has somebody')
  const mine: Member = { ...member, person: { ...member.person, user: 'me' }, role, mutedUntilMs }
  return { ...group, members: [mine], settings: { ...open, adminsWrite } }
}
const asContact = (relation: Contact['relation'], blocked = false): Contact[] =>
  two.peer ? [{ person: two.peer, relation, blocked, greeting: '' }] : []
const barOf = (conversation: ConversationSummary, contacts: Contact[] = []): string | undefined =>
  barredFrom(conversation, 'me', contacts, NOW_MS)?.bar

describe('who may not write is told why', () => {
  it('while muted, except as the owner', () => {
    expect(barredFrom(inGroup('member', false, NOW_MS + 1), 'me', [], NOW_MS)).toEqual({
      bar: 'muted',
      untilMs: NOW_MS + 1,
    })
    expect(barOf(inGroup('admin', false, NOW_MS + 1))).toBe('muted')
    expect(barOf(inGroup('owner', false, NOW_MS + 1))).toBeUndefined()
    expect(barOf(inGroup('member', false, NOW_MS))).toBeUndefined()
  })

  it('where only admins write', () => {
    expect(barOf(inGroup('member', true))).toBe('admins')
    expect(barOf(inGroup('admin', true))).toBeUndefined()
    expect(barOf(inGroup('owner', true))).toBeUndefined()
  })

  it('with somebody who is no contact, or was blocked', () => {
    expect(barOf(two, asContact('contact'))).toBeUndefined()
    expect(barOf(two, asContact('contact', true))).toBe('blocked')
    expect(barOf(two, asContact('requested'))).toBe('stranger')
    expect(barOf(two)).toBe('stranger')
    expect(barOf({ ...two, saved: true })).toBeUndefined()
  })
})
