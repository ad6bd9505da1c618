/** Which sequence numbers one direction has seen (SEAL9). */
const BEHIND_MAX = 1_024
const SLOTS = 2 * BEHIND_MAX
const MODULUS = 0x1_0000

export class ReplayWindow {
  #highest = -1
  /** The number last seen in each slot; a number's slot is its remainder. */
  readonly #seen = new Float64Array(SLOTS).fill(-1)

  /** Takes note of the number that these sixteen bits stand for; null when it is none to be opened. */
  take(low: number): number | null {
    const distance = (low - this.#highest) & (MODULUS - 1)
    const sequence = this.#highest + (distance < MODULUS / 2 ? distance : distance - MODULUS)
    if (sequence < 0 || this.isPast(sequence) || this.#seen[sequence % SLOTS] === sequence) return null
    this.#seen[sequence % SLOTS] = sequence
    this.#highest = Math.max(this.#highest, sequence)
    return sequence
  }

  /** Whether a number is too far behind the highest to be taken. */
  isPast(sequence: number): boolean {
    return sequence < this.#highest - BEHIND_MAX
  }
}
