import type { Change } from '../change'

/** What a change found out that only the server can answer. */
export interface Missing {
  /** Logs to follow, unless they are followed already. */
  follow: Set<string>
  /** Logs to follow again from their cursor: there is a gap, or there are more pages. */
  again: Set<string>
  /** Conversations whose newest page is needed. */
  fetch: Set<string>
  /** The snapshot is no longer a base to stand on. */
  anew: boolean
}

/** Changes what is stored, unless the connection has ended, and then asks for what was found missing. */
export type Apply = (run: (change: Change, missing: Missing) => void) => Promise<void>

export function nothingMissing(): Missing {
  return { follow: new Set(), again: new Set(), fetch: new Set(), anew: false }
}
