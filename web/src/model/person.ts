import type { Profile } from '../schema/identity_pb'
import type { Person } from './types'

const NOBODY: Person = { user: '', handle: '', name: '', picture: '', about: '' }

export function toPerson(profile: Profile | undefined): Person {
  if (profile === undefined) return NOBODY
  const { user, handle, name, picture, about } = profile
  return { user, handle, name, picture, about }
}

/** Somebody of whom only the id is known. */
export function stranger(user: string): Person {
  return { ...NOBODY, user }
}
