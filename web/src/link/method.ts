import { getOption, type DescMethod } from '@bufbuild/protobuf'
import { Access, Priority, rules } from '../schema/options_pb'

/** What the schema says about a method beyond its shapes (`hutong.rules`). */
export interface MethodRules {
  readonly id: number
  readonly replaySafe: boolean
  readonly access: Access
  readonly priority: Priority
  /** Lower goes first on the link (SEAL13). */
  readonly rank: number
  /** Its bodies hold passwords or tokens: they are never compressed. */
  readonly secret: boolean
  readonly bulk: boolean
}

const RANKS: Readonly<Record<Priority, number>> = {
  [Priority.CONTROL]: 0,
  [Priority.MESSAGE]: 1,
  [Priority.BULK]: 2,
}

const known = new WeakMap<DescMethod, MethodRules>()

/** The rules of a generated method descriptor. */
export function rulesOf(method: DescMethod): MethodRules {
  const cached = known.get(method)
  if (cached !== undefined) return cached
  const { id, replaySafe, access, priority, secret } = getOption(method, rules)
  if (id === 0) throw new Error(`${method.name} has no method id in the schema`)
  const bulk = priority === Priority.BULK
  const found = { id, replaySafe, access, priority, secret, bulk, rank: RANKS[priority] }
  known.set(method, found)
  return found
}

export { Access }
