/** Files of earlier visits, whose page was closed before they were saved or let go of. */
import type { FeatureContext } from '../../model/feature'
import { browserFiles } from '../transfers/api'

/** The same files may be sent again after a break: what has arrived is used for so long. */
const KEEP_MS = 24 * 3600 * 1000

/** Remembers files by name before they are written. */
export async function remember({ storage, clock }: FeatureContext, names: readonly string[]): Promise<void> {
  const nowMs = clock.nowMs()
  await Promise.all(names.map((name) => storage.put(name, nowMs)))
}

/** Forgets files that were removed. */
export async function forget({ storage }: FeatureContext, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => storage.delete(name)))
}

/** Removes what nobody came back for. */
export async function tidy({ storage, clock }: FeatureContext, disk = browserFiles()): Promise<void> {
  for (const name of await storage.keys()) {
    const atMs = await storage.get(name)
    if (typeof atMs === 'number' && clock.nowMs() - atMs < KEEP_MS) continue
    await disk.remove(name)
    await storage.delete(name)
  }
}
