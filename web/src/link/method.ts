import { getOption, type DescMethod } from '@bufbuild/protobuf'
import { Access, Priority, rules } from '../schema/options_pb'

/** What the schema says about a method beyond its shapes (`hutong.rules`). */
export interface MethodRules {
  readonly id: number
  readonly replaySafe: boolean
  readonly access: Access
  /** Lower goes first on the link. */
  readonly rank: number
  readonly bulk: boolean
}

const known = new WeakMap<DescMethod, MethodRules>()

/** The rules of a generated method descriptor. */
export function rulesOf(method: DescMethod): MethodRules {
  const cached = known.get(method)
  if (cached !== undefined) return cached
  const { id, replaySafe, access, priority } = getOption(method, rules)
  if (id === 0) throw new Error(`${method.name} has no method id in the schema`)
  const found = { id, replaySafe, access, rank: priority, bulk: priority === Priority.BULK }
  known.set(method, found)
  return found
}

export { Access }
