/** What single keys do with the message that has the focus: R replies, E edits, F forwards, X chooses, Enter opens its menu. */
import type { Message } from '../../model/types'
import { isSaid } from '../chats/preview'
import { showSheet } from '../design/sheets.svelte'
import type { Desk } from './desk.svelte'

/** Returns whether the key did something. */
export function messageKeys(
  desk: Desk,
  log: () => string,
  message: (id: string) => Message | undefined,
  names: () => ReadonlyMap<string, string>,
): (event: KeyboardEvent) => boolean {
  const acts: Record<string, (message: Message, row: HTMLElement) => void> = {
    r: ({ seq }) => desk.answer(seq),
    e: (one) => {
      if (one.mine && one.forwardedFrom === null) desk.change(one, names())
    },
    f: ({ seq }) => void showSheet(() => import('./ForwardSheet.svelte'), { from: log(), seqs: [seq] }),
    x: ({ seq }) => void desk.choose(seq),
    Enter: (_one, row) => row.querySelector<HTMLElement>('[aria-haspopup=menu]')?.click(),
  }
  return (event) => {
    const { key, altKey, ctrlKey, metaKey } = event
    const row = event.target as HTMLElement
    const act = acts[key.length === 1 ? key.toLowerCase() : key]
    if (altKey || ctrlKey || metaKey || act === undefined) return false
    const one = row.dataset['rowId'] === undefined ? undefined : message(row.dataset['rowId'])
    if (one === undefined || one.seq === 0 || !isSaid(one)) return false
    event.preventDefault()
    act(one, row)
    return true
  }
}
