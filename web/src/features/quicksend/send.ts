/** The sender's side of one quick send after the other. */
import { writable } from 'svelte/store'
import type { FeatureContext } from '../../model/feature'
import { ManifestError, smoothed, type Picked, type RateSample } from '../transfers/api'
import { SendRun } from './send-run'
import type { QuickSendApi, QuickSendState } from './types'

const NOTHING: QuickSendState = {
  phase: 'choosing',
  offer: null,
  code: null,
  publicUrl: '',
  doneBytes: 0,
  bytesPerS: 0,
  path: 'unknown',
  problem: null,
}

export class QuickSending implements QuickSendApi {
  readonly state = writable(NOTHING)
  readonly #context: FeatureContext
  #run: SendRun | null = null

  constructor(context: FeatureContext) {
    this.#context = context
  }

  send(picked: Picked): void {
    this.cancel()
    let rate: RateSample | undefined
    let current: SendRun | null = null
    try {
      const run = new SendRun(this.#context, picked, (patch) => {
        // What a run that was replaced still says is about other files.
        if (current !== this.#run) return
        if (patch.doneBytes !== undefined) rate = smoothed(rate, patch.doneBytes, this.#context.clock.nowMs())
        const bytesPerS = Math.round(rate?.bytesPerS ?? 0)
        this.state.update((state) => ({ ...state, ...patch, bytesPerS }))
      })
      this.state.update((state) => ({ ...state, phase: 'opening' }))
      current = run
      this.#run = run
      void run.begin()
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error
      this.state.set({ ...NOTHING, problem: { key: 'transfers.notTogether', values: {} } })
    }
  }

  cancel(): void {
    this.#run?.end()
    this.#run = null
    this.state.set(NOTHING)
  }
}
