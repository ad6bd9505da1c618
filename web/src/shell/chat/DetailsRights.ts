/** Who may do what in a group: what the server allows (`roles.py` there), so that nobody is offered anything else. */
import type { ConversationSummary, Member, Role } from '../../model/types'

export interface Rights {
  role: Role
  /** Title and picture. */
  write: boolean
  /** Add people, make links. */
  invite: boolean
  /** Settings, the announcement, who is let in. */
  manage: boolean
}

const NONE: Rights = { role: 'member', write: false, invite: false, manage: false }

export function rightsOf(
  { group, members, settings }: ConversationSummary,
  me: string,
  nowMs: number,
): Rights {
  const mine = members.find(({ person }) => person.user === me)
  if (!group || mine === undefined) return NONE
  const { role } = mine
  if (role !== 'owner' && mine.mutedUntilMs > nowMs) return { ...NONE, role }
  const manage = role !== 'member'
  return {
    role,
    manage,
    write: manage || settings?.adminsWrite !== true,
    invite: manage || settings?.inviting !== 'admins',
  }
}

export interface Powers {
  remove: boolean
  mute: boolean
  appoint: boolean
  dismiss: boolean
  handOver: boolean
}

/** What one member may do to another one, or to themselves. */
export function powersOver({ role }: Rights, { person, role: theirs }: Member, me: string): Powers {
  const self = person.user === me
  const above = !self && (role === 'owner' || (role === 'admin' && theirs === 'member'))
  const owner = !self && role === 'owner'
  return {
    remove: above,
    mute: above,
    appoint: owner && theirs === 'member',
    dismiss: (owner || self) && theirs === 'admin',
    handOver: owner,
  }
}

export const hasAny = (powers: Powers): boolean => Object.values(powers).includes(true)
