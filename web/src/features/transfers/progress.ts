/** What is shown of each transfer this window has to do with; the others have nothing to show. */
import { writable, type Readable } from 'svelte/store'
import type { Clock } from '../../model/feature'
import { smoothed, type RateSample } from './rate'
import { NO_PROGRESS, type TransferProgress } from './types'

export class ProgressBoard {
  readonly #clock: Clock
  readonly #shown = new Map<string, TransferProgress>()
  readonly #rates = new Map<string, RateSample>()
  readonly #changes = writable(this.#shown)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(transfer: string): TransferProgress {
    return this.#shown.get(transfer) ?? NO_PROGRESS
  }

  of(transfer: string): Readable<TransferProgress> {
    return {
      subscribe: (run) => {
        let last: TransferProgress | null = null
        return this.#changes.subscribe(() => {
          const now = this.now(transfer)
          if (now === last) return
          last = now
          run(now)
        })
      },
    }
  }

  publish(transfer: string, patch: Partial<TransferProgress>): void {
    const next = { ...this.now(transfer), ...patch }
    if (patch.doneBytes !== undefined) {
      const sample = smoothed(this.#rates.get(transfer), patch.doneBytes, this.#clock.nowMs())
      this.#rates.set(transfer, sample)
      next.bytesPerS = Math.round(sample.bytesPerS)
    }
    this.#shown.set(transfer, next)
    this.#changes.set(this.#shown)
  }

  clear(transfer: string): void {
    this.#shown.delete(transfer)
    this.#rates.delete(transfer)
    this.#changes.set(this.#shown)
  }
}
