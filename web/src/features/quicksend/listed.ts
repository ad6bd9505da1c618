/** Which files an offer names: what the receiver is shown before it decides. */
import { utf8ToBytes } from '@noble/hashes/utils.js'

const LISTED_MAX = 200
/** Of their paths: an offer is one letter, of at most 72 KiB (QUICK11). */
const LISTED_BYTES_MAX = 48 * 1024

/** The first files, as many as an offer has room for. */
export function listed<Entry extends { path: string; folder: boolean }>(entries: readonly Entry[]): Entry[] {
  let sizeBytes = 0
  return entries
    .filter(({ folder }) => !folder)
    .slice(0, LISTED_MAX)
    .filter(({ path }) => (sizeBytes += utf8ToBytes(path).length) <= LISTED_BYTES_MAX)
}
