/** What a row of a transfer says and offers, from the row, the progress and whose it is. Pure. */
import type { Transfer, TransferPhase, TransferProgress } from './types'

export type Action = 'accept' | 'decline' | 'cancel' | 'save' | 'retry' | 'storeInstead' | 'choose'

export interface RowState {
  /** A translation key. */
  text: string
  actions: Action[]
  /** Bytes are moving, or would. */
  bar: boolean
}

const SENDER: Partial<Record<TransferPhase, Action[]>> = {
  waiting: ['storeInstead', 'cancel'],
  connecting: ['cancel'],
  sending: ['cancel'],
  interrupted: ['storeInstead', 'cancel'],
  verifying: [],
  storing: ['cancel'],
  needsFile: ['choose', 'cancel'],
  failed: ['retry', 'cancel'],
}

const RECEIVER: Partial<Record<TransferPhase, Action[]>> = {
  none: ['accept', 'decline'],
  accepting: [],
  connecting: ['cancel'],
  receiving: ['cancel'],
  interrupted: ['cancel'],
  verifying: [],
  failed: ['retry', 'decline'],
}

const BARS: ReadonlySet<TransferPhase> = new Set([
  'sending',
  'receiving',
  'interrupted',
  'verifying',
  'storing',
])

function over(transfer: Transfer, phase: TransferPhase, mine: boolean): RowState {
  const text = `transfers.${transfer.result}`
  if (transfer.result === 'stored') return { text, actions: ['save'], bar: false }
  if (transfer.result !== 'delivered' || mine) return { text, actions: [], bar: false }
  if (phase === 'received') return { text: 'transfers.received', actions: ['save'], bar: false }
  return { text: 'transfers.notHere', actions: [], bar: false }
}

export function rowState(
  transfer: Transfer,
  progress: TransferProgress,
  mine: boolean,
  device: string,
): RowState {
  const { phase } = progress
  if (transfer.result !== '') return over(transfer, phase, mine)
  if (phase === 'received') return { text: 'transfers.received', actions: ['save'], bar: false }
  const bar = BARS.has(phase)
  if (!mine) {
    const text = phase === 'none' ? 'transfers.offered' : `transfers.${phase}`
    return { text, actions: RECEIVER[phase] ?? [], bar }
  }
  if (phase === 'none' && transfer.senderDevice !== device)
    return { text: 'transfers.otherDevice', actions: ['cancel'], bar }
  return { text: `transfers.${phase}`, actions: SENDER[phase] ?? ['cancel'], bar }
}
