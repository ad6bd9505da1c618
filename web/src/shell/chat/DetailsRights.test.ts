import { describe, expect, it } from 'vitest'
import type { ConversationSummary, Member, Role } from '../../model/types'
import { conversationsIn } from '../fixture/people'
import { hasAny, powersOver, rightsOf } from './DetailsRights'

const NOW_MS = 1_000_000
const found = conversationsIn('en').find(({ group }) => group)
if (!found) throw new Error('the fixture has a group')
const some: ConversationSummary = found

const member = (user: string, role: Role, mutedUntilMs = 0): Member => ({
  person: { user, handle: user, name: user, picture: '', about: '' },
  role,
  delivered: 0,
  read: 0,
  nickname: '',
  mutedUntilMs,
})
const group = (
  role: Role,
  change: Partial<ConversationSummary> = {},
  mutedUntilMs = 0,
): ConversationSummary => ({
  ...some,
  settings: { inviting: 'members', approval: false, history: true, adminsWrite: false, announcement: '' },
  members: [member('me', role, mutedUntilMs)],
  ...change,
})
const strict = {
  inviting: 'admins',
  approval: false,
  history: true,
  adminsWrite: true,
  announcement: '',
} as const

describe('rights', () => {
  it('of a member are to write and invite, as far as the group lets members', () => {
    const free = { role: 'member', write: true, invite: true, manage: false }
    expect(rightsOf(group('member'), 'me', NOW_MS)).toEqual(free)
    const held = { role: 'member', write: false, invite: false, manage: false }
    expect(rightsOf(group('member', { settings: strict }), 'me', NOW_MS)).toEqual(held)
  })

  it('of the owner and admins are all of these, whatever the group lets members', () => {
    for (const role of ['owner', 'admin'] as const)
      expect(rightsOf(group(role, { settings: strict }), 'me', NOW_MS)).toEqual({
        role,
        write: true,
        invite: true,
        manage: true,
      })
  })

  it('rest while one is muted, except those of the owner', () => {
    expect(rightsOf(group('admin', {}, NOW_MS + 1), 'me', NOW_MS).manage).toBe(false)
    expect(rightsOf(group('member', {}, NOW_MS), 'me', NOW_MS).write).toBe(true)
    expect(rightsOf(group('owner', {}, NOW_MS + 1), 'me', NOW_MS).manage).toBe(true)
  })

  it('are none where one is no member, and in a conversation of two', () => {
    expect(rightsOf(group('owner'), 'another', NOW_MS).write).toBe(false)
    expect(rightsOf(group('owner', { group: false }), 'me', NOW_MS).manage).toBe(false)
  })
})

describe('powers', () => {
  const powers = (mine: Role, theirs: Role, user = 'other') =>
    powersOver(rightsOf(group(mine), 'me', NOW_MS), member(user, theirs), 'me')

  it('of the owner reach everybody', () => {
    const all = { remove: true, mute: true, handOver: true }
    expect(powers('owner', 'member')).toEqual({ ...all, appoint: true, dismiss: false })
    expect(powers('owner', 'admin')).toEqual({ ...all, appoint: false, dismiss: true })
  })

  it('of an admin reach members', () => {
    expect(powers('admin', 'member')).toMatchObject({
      remove: true,
      mute: true,
      appoint: false,
      handOver: false,
    })
    expect(hasAny(powers('admin', 'admin'))).toBe(false)
    expect(hasAny(powers('admin', 'owner'))).toBe(false)
  })

  it('over oneself are to lay it down as an admin', () => {
    expect(powers('admin', 'admin', 'me')).toMatchObject({ dismiss: true, remove: false })
    expect(hasAny(powers('owner', 'owner', 'me'))).toBe(false)
    expect(hasAny(powers('member', 'member', 'me'))).toBe(false)
  })
})
