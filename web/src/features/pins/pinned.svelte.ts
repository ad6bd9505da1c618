/** What is pinned in the open conversation. */
let pinned = $state.raw<{ log: string; seqs: readonly number[] }>({ log: '', seqs: [] })

export function setPinned(log: string, seqs: readonly number[]): void {
  pinned = { log, seqs }
}

export const pinnedIn = (log: string): readonly number[] => (pinned.log === log ? pinned.seqs : [])

export const isPinned = (log: string, seq: number): boolean => pinnedIn(log).includes(seq)
