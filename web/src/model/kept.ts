/** What this browser keeps so that it opens at once and offline, and how a person clears it. */
import type { KeptApi, KeptSpace } from './api'
import type { Blobs } from './blobs'
import { KEPT_EVENTS, storedOf } from './housekeeping'
import type { Pages } from './pages'
import type { Store } from './store'
import type { Message } from './types'

/** Events folded at once while files are looked for. */
const STRETCH = 500

export interface KeptOptions {
  store: Store
  pages: Pages
  blobs: Blobs
  isOpen: (log: string) => boolean
}

export class Kept implements KeptApi {
  readonly #options: KeptOptions

  constructor(options: KeptOptions) {
    this.#options = options
  }

  async space(): Promise<KeptSpace> {
    const { store, blobs } = this.#options
    const conversations = [...store.state.conversations.values()]
      .map((record) => ({ log: record.log, events: storedOf(record) }))
      .filter(({ events }) => events > 0)
      .sort((a, b) => b.events - a.events)
    return { filesBytes: await blobs.sizeBytes(), conversations }
  }

  async clear(log: string): Promise<void> {
    const { store, blobs, isOpen } = this.#options
    const files = await this.#filesOf(log)
    await store.change((change) => {
      const record = change.state.conversations.get(log)
      if (record === undefined || isOpen(log)) return
      const low = record.cursor - KEPT_EVENTS + 1
      if (low <= record.low) return
      change.deleteEventsBelow(log, low)
      change.putConversation({ ...record, low })
    })
    await blobs.forget(files)
  }

  async #filesOf(log: string): Promise<Set<string>> {
    const { store, pages } = this.#options
    const files = new Set<string>()
    let to = store.state.conversations.get(log)?.cursor ?? 0
    while (to > 0) {
      const page = await pages.stored(log, Math.max(1, to - STRETCH + 1), to)
      if (page === null) break
      for (const message of page.rows) for (const blob of blobsOf(message)) files.add(blob)
      to = page.first - 1
    }
    return files
  }
}

/** The files that a message shows or offers. */
function blobsOf({ body }: Message): string[] {
  switch (body.kind) {
    case 'picture':
      return [body.blob, body.thumbnail, body.original]
    case 'video':
      return [body.blob, body.poster]
    case 'voice':
      return [body.blob, body.transcribed]
    case 'file':
    case 'sticker':
      return [body.blob]
    default:
      return []
  }
}
