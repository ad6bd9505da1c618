/** What heartbeats taught about the networks this device comes through, by the name the server gives them. */
import { NOTHING_LEARNT, type Learnt } from './learnt'

/** Networks a device comes through again and again are few. */
const NETWORKS_MAX = 64

export type NetworkRecords = readonly (readonly [network: string, learnt: Learnt])[]

export class Networks {
  readonly #known: Map<string, Learnt>
  readonly #keep: (records: NetworkRecords) => void

  /** `keep` stores what has to outlive the page. */
  constructor(records: NetworkRecords, keep: (records: NetworkRecords) => void) {
    this.#known = new Map(records)
    this.#keep = keep
  }

  learnt(network: string): Learnt {
    return this.#known.get(network) ?? NOTHING_LEARNT
  }

  /** The one seen longest ago is forgotten beyond the bound. */
  learn(network: string, learnt: Learnt): void {
    if (network === '' || this.#known.get(network) === learnt) return
    this.#known.delete(network)
    this.#known.set(network, learnt)
    const [oldest] = this.#known.keys()
    if (this.#known.size > NETWORKS_MAX && oldest !== undefined) this.#known.delete(oldest)
    this.#keep([...this.#known])
  }
}
