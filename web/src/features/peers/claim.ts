/**
 * All windows of a browser are one device, and only one of them may run a call or a transfer: it holds a
 * Web Lock. A reloaded page waits a moment for the lock of the page it was.
 */

const WAIT_MS = 1_500

export type Release = () => void

/** Resolves with the releaser, or null when another window has it. */
export async function claimSession(locks: LockManager | undefined, session: string): Promise<Release | null> {
  if (locks === undefined) return () => undefined
  let release: Release = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  return new Promise((resolve) => {
    locks
      .request(`hutong-session-${session}`, { signal: AbortSignal.timeout(WAIT_MS) }, () => {
        resolve(release)
        return held
      })
      .catch(() => {
        resolve(null)
      })
  })
}
