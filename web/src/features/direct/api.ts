/** What the views of direct text see. */
import type { App } from '../../model/api'
import type { Message, Observable } from '../../model/types'
import type { Arriving } from './receiving'

export const NAME = 'direct'

export type { Arriving, PreviewState } from './receiving'

export interface DirectView {
  /** The conversation that is open on this page, or ''. */
  log: string
  /** What is said here goes directly too. */
  open: boolean
  /** What the other person says and the log does not have yet. */
  arriving: readonly Arriving[]
  /** The row of the log below which they stand; 0 for none. */
  below: number
  /** Messages that were here before the log had them. */
  ahead: ReadonlySet<number>
}

export interface DirectApi {
  readonly view: Observable<DirectView>
  /** A conversation of two is on the screen until the returned function is called. */
  show(log: string, peer: string): () => void
  /** Its newest rows changed: what is new and one's own goes ahead of the server. */
  follow(log: string, messages: readonly Message[], hasNewer: boolean): void
}

export const directOf = (app: App): DirectApi => app.features.get(NAME) as DirectApi
