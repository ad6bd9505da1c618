/** What the page of a quick send sees. */
import type { Readable } from 'svelte/store'
import type { Path } from '../../model/types'
import type { Picked, Received } from '../transfers/api'
import type { Code } from './code'

export interface OfferedFile {
  /** Parts separated by `/`. */
  path: string
  sizeBytes: number
}

export interface QuickOffer {
  name: string
  sizeBytes: number
  /** Of files and empty folders; `files` are the first of them. */
  count: number
  files: readonly OfferedFile[]
}

/**
 * code: nothing has begun, or the code is none; joining: the code's one guess is under way; offered: the
 * person decides; verifying: the last bytes are being compared; received: everything is here and checked; failed: `problem` says why, the code is void.
 */
export type QuickPhase =
  | 'code'
  | 'joining'
  | 'offered'
  | 'connecting'
  | 'receiving'
  | 'interrupted'
  | 'verifying'
  | 'received'
  | 'failed'

export interface Problem {
  /** A translation key of this feature, or a sentence of the server. */
  key: string
  values: Record<string, string>
}

export interface QuickState {
  phase: QuickPhase
  offer: QuickOffer | null
  doneBytes: number
  bytesPerS: number
  path: Path
  problem: Problem | null
}

export interface QuickReceiveApi {
  readonly state: Readable<QuickState>
  /** Uses a code; what cannot be one costs no guess. */
  join(text: string): void
  accept(): void
  /** Declines, calls off, or lets go of what was received. */
  leave(): void
  /** What was received, for the person to save. */
  received(): Promise<Received | null>
}

/**
 * choosing: nothing has begun; opening: the server is asked for a code; waiting: nobody has used it;
 * offered: the other person decides; sent: everything is there and checked; failed: `problem` says why.
 */
export type QuickSendPhase =
  | 'choosing'
  | 'opening'
  | 'waiting'
  | 'offered'
  | 'connecting'
  | 'sending'
  | 'interrupted'
  | 'verifying'
  | 'sent'
  | 'failed'

export interface QuickSendState {
  phase: QuickSendPhase
  offer: QuickOffer | null
  code: Code | null
  /** Where the server's pages are; '' is where this page came from. */
  publicUrl: string
  doneBytes: number
  bytesPerS: number
  path: Path
  problem: Problem | null
}

export interface QuickSendApi {
  readonly state: Readable<QuickSendState>
  /** Asks for a code and waits for whoever uses it; what was under way is called off. */
  send(picked: Picked): void
  /** Calls off what is under way. */
  cancel(): void
}

export interface QuickSides {
  readonly receiving: QuickReceiveApi
  readonly sending: QuickSendApi
}
