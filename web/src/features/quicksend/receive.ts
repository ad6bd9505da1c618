/** The receiver's side of one quick send after the other. */
import { writable } from 'svelte/store'
import type { FeatureContext } from '../../model/feature'
import { Ending } from '../../schema/quicksend_pb'
import { smoothed, type Received, type RateSample } from '../transfers/api'
import { CodeError, parseCode } from './code'
import { problemOf } from './problems'
import { Run } from './run'
import type { QuickReceiveApi, QuickState } from './types'

const NOTHING: QuickState = {
  phase: 'code',
  offer: null,
  doneBytes: 0,
  bytesPerS: 0,
  path: 'unknown',
  problem: null,
}

export class QuickReceive implements QuickReceiveApi {
  readonly state = writable(NOTHING)
  readonly #context: FeatureContext
  #run: Run | null = null

  constructor(context: FeatureContext) {
    this.#context = context
  }

  join(text: string): void {
    this.#run?.end(Ending.CANCELLED)
    this.#run = null
    try {
      const code = parseCode(text)
      let rate: RateSample | undefined
      const run = new Run(this.#context, code, (patch) => {
        if (run !== this.#run) return
        if (patch.doneBytes !== undefined) rate = smoothed(rate, patch.doneBytes, this.#context.clock.nowMs())
        const bytesPerS = Math.round(rate?.bytesPerS ?? 0)
        this.state.update((state) => ({ ...state, ...patch, bytesPerS }))
      })
      this.#run = run
      this.state.set({ ...NOTHING, phase: 'joining' })
      void run.begin()
    } catch (error) {
      if (!(error instanceof CodeError)) throw error
      this.state.set({ ...NOTHING, problem: problemOf(error) })
    }
  }

  accept(): void {
    void this.#run?.accept()
  }

  leave(): void {
    this.#run?.end(Ending.DECLINED)
    this.#run = null
    this.state.set(NOTHING)
  }

  received(): Promise<Received | null> {
    return this.#run?.received() ?? Promise.resolve(null)
  }
}
