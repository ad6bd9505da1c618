/** What the transfer's views see. */
import type { Readable } from 'svelte/store'
import type { Path } from '../../model/types'
import type { Received } from './landing'
import type { Picked } from './source'

export type TransferResult = '' | 'delivered' | 'stored' | 'declined' | 'cancelled' | 'expired'

/** The folded row: what everybody in the conversation knows. */
export interface Transfer {
  transfer: string
  name: string
  sizeBytes: number
  mediaType: string
  /** Files and empty folders when it is not one file; `name` is what they are called together. */
  files: number
  senderDevice: string
  /** '' while it is open. */
  result: TransferResult
  path: Path
  /** Blob id of a stored file, or ''. */
  blob: string
}

/**
 * What goes on in this window, beyond the row:
 * waiting: offered, nobody has taken it; needsFile: after a reload the browser no longer lets us read it;
 * storing: on its way to the server's storage instead; received: verified, and kept in this browser;
 * elsewhere: another device or window of ours has it; failed: `error` says why, it can be tried again.
 */
export type TransferPhase =
  | 'none'
  | 'waiting'
  | 'accepting'
  | 'connecting'
  | 'sending'
  | 'receiving'
  | 'interrupted'
  | 'verifying'
  | 'storing'
  | 'needsFile'
  | 'received'
  | 'elsewhere'
  | 'failed'

export interface ListedFile {
  path: string
  sizeBytes: number
}

/** What a row lists at the most. */
export const LISTED_MAX = 200

export interface TransferProgress {
  phase: TransferPhase
  doneBytes: number
  path: Path
  bytesPerS: number
  /** What is in it, as soon as that is known here: at most `LISTED_MAX`. */
  listed: readonly ListedFile[]
  /** The sender's files came as a folder, and are to be chosen again as one. */
  folder: boolean
  /** A translation key of this feature, or a sentence of the server. */
  error: string
}

export const NO_PROGRESS: TransferProgress = {
  phase: 'none',
  doneBytes: 0,
  path: 'unknown',
  bytesPerS: 0,
  listed: [],
  folder: false,
  error: '',
}

export interface TransfersApi {
  progress(transfer: string): Readable<TransferProgress>
  /** Offers what was picked to the other person, as one; with handles it can be read again after a reload. */
  offer(log: string, picked: Picked): Promise<void>
  accept(log: string, transfer: Transfer): Promise<void>
  decline(transfer: string): Promise<void>
  cancel(transfer: string): Promise<void>
  /** The sender's files again, after a reload; they must have the same names and sizes. */
  giveFiles(transfer: string, picked: Picked): Promise<void>
  /** Asks for the permission to read the files again; false when they have to be picked. Call it in a click. */
  regainFiles(transfer: string): Promise<boolean>
  /** Uploads to the server's storage instead of waiting for a path. */
  storeInstead(transfer: string): Promise<void>
  /** What was received and checked, or null when it is not in this browser. */
  received(transfer: string): Promise<Received | null>
  /** The person has it now: it may be tidied away in a while. */
  saved(transfer: string): Promise<void>
}
