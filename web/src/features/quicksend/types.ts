/** What the page of a quick send sees. */
import type { Readable } from 'svelte/store'
import type { Path } from '../../model/types'

export interface OfferedFile {
  /** Parts separated by `/`. */
  path: string
  sizeBytes: number
}

export interface QuickOffer {
  name: string
  sizeBytes: number
  files: OfferedFile[]
}

/**
 * code: nothing has begun, or the code is none; joining: the code's one guess is under way; offered: the
 * person decides; received: everything is here and checked; failed: `problem` says why, the code is void.
 */
export type QuickPhase =
  'code' | 'joining' | 'offered' | 'connecting' | 'receiving' | 'interrupted' | 'received' | 'failed'

export interface Problem {
  /** A translation key of this feature, or a sentence of the server. */
  key: string
  values: Record<string, string>
}

export interface QuickState {
  phase: QuickPhase
  offer: QuickOffer | null
  doneBytes: number
  /** How many files have arrived. */
  doneFiles: number
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
  /** A received file, for the person to save. */
  file(number: number): Promise<Blob | null>
}
