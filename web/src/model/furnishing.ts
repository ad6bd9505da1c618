/** Brings in the features once they are needed: before the first event is folded. */
import type { ModelFeature } from './feature'

type Features = readonly ModelFeature[]

export class Furnishing {
  readonly #features: Features | (() => Promise<Features>)
  readonly #furnish: (features: Features) => void
  #furnished: Promise<void> | null = null

  constructor(features: Features | (() => Promise<Features>), furnish: (features: Features) => void) {
    this.#features = features
    this.#furnish = furnish
  }

  /** They need not be fetched first. */
  get isHere(): boolean {
    return typeof this.#features !== 'function'
  }

  /** Resolves when the features are there. A failed attempt is no reason not to try again. */
  ready(): Promise<void> {
    this.#furnished ??= this.#fetch().catch((error: unknown) => {
      this.#furnished = null
      throw error
    })
    return this.#furnished
  }

  async #fetch(): Promise<void> {
    this.#furnish(typeof this.#features === 'function' ? await this.#features() : this.#features)
  }
}
