/** The other side, or somebody on the way, broke a rule of the sealed layer: the connection ends (SEAL3). */
export class SealedError extends Error {
  override readonly name = 'SealedError'
}
