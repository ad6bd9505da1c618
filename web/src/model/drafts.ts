/**
 * What was begun and not sent, the same on every device: the newest by the server's clock counts, except that
 * what is being written here is not taken away.
 */
import { Preferences as Rpc, type Draft } from '../schema/preferences_pb'
import type { Call, Clock } from './feature'
import type { DraftRecord } from './records'
import { isRefusal, type Store } from './store'

/** A draft is said when the keys have rested for so long. */
const SAY_AFTER_MS = 1_000

export interface DraftsOptions {
  call: Call
  store: Store
  clock: Clock
}

export class Drafts {
  readonly #options: DraftsOptions
  readonly #waiting = new Map<string, () => void>()
  readonly #saying = new Set<string>()
  /** Whether there is somebody to say it to. */
  #online = false

  constructor(options: DraftsOptions) {
    this.#options = options
  }

  /** The person changed it here. */
  async save(log: string, text: string, replyTo: number): Promise<void> {
    const changed = await this.#options.store.change((change) => {
      const known = change.state.drafts.get(log)
      if ((known?.text ?? '') === text && (known?.replyTo ?? 0) === replyTo) return false
      change.putDraft({ log, text, replyTo, atMs: known?.atMs ?? 0, unsaid: true })
      return true
    })
    if (changed) this.#soon(log)
  }

  /** Another device changed it. */
  async heard(drafts: readonly Draft[]): Promise<void> {
    await this.#options.store.change((change) => {
      for (const { log, text, replyTo, atMs } of drafts) {
        const known = change.state.drafts.get(log)
        const newer = Number(atMs) > (known?.atMs ?? 0)
        if (known?.unsaid !== true && newer)
          change.putDraft({ log, text, replyTo, atMs: Number(atMs), unsaid: false })
      }
    })
  }

  /** The server knows preferences, and its drafts were heard: it is told what it lacks. */
  online(): void {
    this.#online = true
    for (const { log, unsaid } of this.#options.store.state.drafts.values()) if (unsaid) void this.#say(log)
  }

  offline(): void {
    this.#online = false
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
  }

  #soon(log: string): void {
    this.#waiting.get(log)?.()
    const run = (): void => {
      this.#waiting.delete(log)
      void this.#say(log)
    }
    if (this.#online) this.#waiting.set(log, this.#options.clock.after(SAY_AFTER_MS, run))
  }

  async #say(log: string): Promise<void> {
    const { call, store } = this.#options
    const said = store.state.drafts.get(log)
    if (said?.unsaid !== true || !this.#online || this.#saying.has(log)) return
    this.#saying.add(log)
    try {
      const { text, replyTo } = said
      const { atMs } = await call(Rpc.method.setDraft, { draft: { log, text, replyTo } })
      await this.#settle(said, Number(atMs))
    } catch (error) {
      // A refusal stands, e.g. in a conversation that was left; what got lost is said on the next connection.
      if (isRefusal(error)) await this.#settle(said, said.atMs)
    } finally {
      this.#saying.delete(log)
    }
    const now = store.state.drafts.get(log)
    if (now?.unsaid === true && now !== said) this.#soon(log)
  }

  async #settle(said: DraftRecord, atMs: number): Promise<void> {
    await this.#options.store.change((change) => {
      const now = change.state.drafts.get(said.log)
      if (now === said) change.putDraft({ ...said, atMs, unsaid: false })
      else if (now !== undefined) change.putDraft({ ...now, atMs: Math.max(now.atMs, atMs) })
    })
  }
}
