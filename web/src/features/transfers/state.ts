/** What a row of a transfer says and offers, from the row, the progress and whose it is. Pure. */
import type { Transfer, TransferPhase, TransferProgress } from './types'

export type Action =
  'accept' | 'decline' | 'cancel' | 'save' | 'saveAll' | 'retry' | 'storeInstead' | 'choose' | 'chooseFolder'

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

const many = ({ files }: Transfer): boolean => files > 0

const save = (transfer: Transfer): Action => (many(transfer) ? 'saveAll' : 'save')

function over(transfer: Transfer, phase: TransferPhase, mine: boolean): RowState {
  const text = `transfers.${transfer.result}`
  if (transfer.result === 'stored') return { text, actions: ['save'], bar: false }
  if (transfer.result !== 'delivered' || mine) return { text, actions: [], bar: false }
  if (phase === 'received') return { text: 'transfers.received', actions: [save(transfer)], bar: false }
  return { text: 'transfers.notHere', actions: [], bar: false }
}

/** The server's storage takes single files; a folder is chosen again as one. */
function ofSender(transfer: Transfer, { phase, folder }: TransferProgress): Action[] {
  const actions = SENDER[phase] ?? ['cancel']
  if (!many(transfer)) return actions
  return actions
    .filter((action) => action !== 'storeInstead' && action !== 'retry')
    .map((action) => (action === 'choose' && folder ? 'chooseFolder' : action))
}

export function rowState(
  transfer: Transfer,
  progress: TransferProgress,
  mine: boolean,
  device: string,
): RowState {
  const { phase } = progress
  if (transfer.result !== '') return over(transfer, phase, mine)
  if (phase === 'received') return { text: 'transfers.received', actions: [save(transfer)], bar: false }
  const bar = BARS.has(phase)
  if (!mine) {
    const text = phase === 'none' ? 'transfers.offered' : `transfers.${phase}`
    return { text, actions: RECEIVER[phase] ?? [], bar }
  }
  if (phase === 'none' && transfer.senderDevice !== device)
    return { text: 'transfers.otherDevice', actions: ['cancel'], bar }
  return { text: `transfers.${phase}`, actions: ofSender(transfer, progress), bar }
}
