import type { Profile } from '../schema/identity_pb'
import type { Person } from './types'

const NOBODY: Person = { user: '', handle: '', name: '', picture: '', about: '' }

export function toPerson(profile: Profile | undefined): Person {
  if (profile === undefined) return NOBODY
  const { user, handle, name, picture, about, bot, deleted } = profile
  const person: Person = { user, handle, name, picture, about }
  if (bot) person.bot = true
  if (deleted) person.deleted = true
  return person
}

/** Somebody of whom only the id is known. */
export function stranger(user: string): Person {
  return { ...NOBODY, user }
}
