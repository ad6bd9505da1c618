/**
 * Several tabs of one browser share one device and one database. Each has a connection of its own and
 * folds what arrives by itself; only the tab that holds the lock sends the outbox. Should a browser have no
 * locks, two tabs may send the same record: with the same key, so it happens once (CONN13).
 */
export type TabMessage = 'outbox' | 'session'

export interface Tabs {
  /** Runs `lead` when no other tab leads; it leads until it closes. */
  whenLeading(lead: () => void): void
  announce(message: TabMessage): void
  listen(hear: (message: TabMessage) => void): void
  close(): void
}

/** Tabs by Web Locks and a BroadcastChannel, as far as there are any. */
export function browserTabs(name: string, locks: LockManager | undefined): Tabs {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name)
  const closing = new AbortController()
  return {
    whenLeading(lead) {
      if (locks === undefined) {
        lead()
        return
      }
      const untilClosed = new Promise<void>((resolve) =>
        closing.signal.addEventListener('abort', () => resolve()),
      )
      locks
        .request(`${name}.outbox`, { signal: closing.signal }, () => {
          lead()
          return untilClosed
        })
        .catch(() => undefined) // closed while it waited
    },
    announce: (message) => channel?.postMessage(message),
    listen(hear) {
      channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (data === 'outbox' || data === 'session') hear(data)
      })
    },
    close() {
      closing.abort()
      channel?.close()
    },
  }
}
