import type { Call, Clock } from '../feature'
import type { Folds } from '../folds'
import type { Store } from '../store'

export interface SyncOptions {
  call: Call
  store: Store
  folds: Folds
  clock: Clock
  random: () => number
  /** This user's marks in a conversation as the server has them. */
  onMarks(log: string, mark: { delivered: number; read: number }): void
}
