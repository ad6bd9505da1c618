/** What the transfer's views see. */
import type { Readable } from 'svelte/store'
import type { Path } from '../../model/types'

export type TransferResult = '' | 'delivered' | 'stored' | 'declined' | 'cancelled'

/** The folded row: what everybody in the conversation knows. */
export interface Transfer {
  transfer: string
  name: string
  sizeBytes: number
  mediaType: string
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

export interface TransferProgress {
  phase: TransferPhase
  doneBytes: number
  path: Path
  bytesPerS: number
  /** A translation key of this feature, or a sentence of the server. */
  error: string
}

export const NO_PROGRESS: TransferProgress = {
  phase: 'none',
  doneBytes: 0,
  path: 'unknown',
  bytesPerS: 0,
  error: '',
}

export interface TransfersApi {
  progress(transfer: string): Readable<TransferProgress>
  /** Offers a file to the other person; with `handle` it can be read again after a reload. */
  offer(log: string, file: File, handle?: FileSystemFileHandle): Promise<void>
  accept(log: string, transfer: Transfer): Promise<void>
  decline(transfer: string): Promise<void>
  cancel(transfer: string): Promise<void>
  /** The sender's file again, after a reload; it must have the same name and size. */
  giveFile(transfer: string, file: File): Promise<void>
  /** Asks for the permission to read the file again; false when it has to be picked. Call it in a click. */
  regainFile(transfer: string): Promise<boolean>
  /** Uploads to the server's storage instead of waiting for a path. */
  storeInstead(transfer: string): Promise<void>
  /** The verified file, or null when it is not in this browser. */
  received(transfer: string): Promise<Blob | null>
}
