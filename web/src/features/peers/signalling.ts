/**
 * The mailbox of one session over RPC: says our signals in an order the other side can use, hands out
 * theirs in order, and fetches what was missed.
 */
import { RpcError } from '../../model/feature'
import type { Signal } from '../../schema/peers_pb'
import { Mailbox, type Numbered } from './mailbox'

export interface SignalTransport {
  say(session: string, signal: Signal): Promise<void>
  fetch(session: string, after: number): Promise<Numbered<Signal>[]>
}

/** How often the owner may bring a session back that the server has forgotten (it was restarted). */
const REVIVALS_MAX = 5

/** Signals of ours that are not yet acknowledged; a session that has more is broken, and closed. */
const UNSAID_MAX = 256

export interface SignallingOptions {
  session: string
  transport: SignalTransport
  /** After a reload: what was said before belongs to the connection of the past and is skipped. */
  skipHistory: boolean
  onSignal: (signal: Signal) => void
  /** The server has forgotten the session: opens it again; false when there is nothing to open. */
  revive: () => Promise<boolean>
  /** The session is over, or the server refuses it. */
  onGone: (error: unknown) => void
}

export class Signalling {
  readonly #options: SignallingOptions
  readonly #mailbox = new Mailbox<Signal>()
  readonly #unsaid = new Set<Promise<void>>()
  /** Settles when the newest description and all before it are acknowledged. */
  #described: Promise<void> = Promise.resolve()
  #reviving: Promise<boolean> | null = null
  #fetching = false
  #fetchAgain = false
  #started = false
  #closed = false

  constructor(options: SignallingOptions) {
    this.#options = options
  }

  /** Reads what waits in the mailbox; resolves when it was handed out (or skipped). */
  async start(): Promise<void> {
    await this.#fetch(this.#options.skipHistory)
    this.#started = true
  }

  /** A pushed signal of the other device. */
  receive(item: Numbered<Signal>): void {
    if (this.#closed) return
    const { ready, gap } = this.#mailbox.receive(item)
    this.#deliver(ready)
    if (gap) void this.#fetch(false)
  }

  /** After a reconnect: pushes may have been lost. */
  resync(): void {
    if (this.#started) void this.#fetch(false)
  }

  /**
   * A candidate may overtake another candidate, but nothing overtakes a description or is overtaken by
   * one: the other side drops candidates of a description it does not know.
   */
  say(signal: Signal): void {
    if (this.#closed) return
    if (this.#unsaid.size >= UNSAID_MAX) {
      this.#fail(new Error('too many signals wait for the server'))
      return
    }
    const before = signal.kind.case === 'candidate' ? this.#described : this.#settled()
    const said = before
      .then(() =>
        this.#closed
          ? undefined
          : this.#ask(() => this.#options.transport.say(this.#options.session, signal)),
      )
      .catch((error: unknown) => {
        this.#fail(error)
      })
    this.#unsaid.add(said)
    void said.then(() => this.#unsaid.delete(said))
    if (signal.kind.case !== 'candidate') this.#described = said
  }

  close(): void {
    this.#closed = true
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#unsaid)
  }

  async #fetch(skip: boolean): Promise<void> {
    if (this.#fetching) {
      this.#fetchAgain = true
      return
    }
    this.#fetching = true
    try {
      // Each round covers all that had arrived before it; so it ends when nothing new arrives.
      do {
        this.#fetchAgain = false
        const said = await this.#ask(() =>
          this.#options.transport.fetch(this.#options.session, this.#mailbox.last),
        )
        const { ready, gap } = this.#mailbox.fetched(said)
        if (!skip) this.#deliver(ready)
        this.#fetchAgain ||= gap
      } while (this.#fetchAgain && !this.#closed)
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#fetching = false
    }
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    for (let revivals = 0; ; revivals++) {
      try {
        return await ask()
      } catch (error) {
        const forgotten = error instanceof RpcError && error.code === 'not_found'
        if (!forgotten || revivals >= REVIVALS_MAX || this.#closed) throw error
        this.#reviving ??= this.#options.revive().finally(() => {
          this.#reviving = null
        })
        if (!(await this.#reviving)) throw error
      }
    }
  }

  #deliver(ready: Signal[]): void {
    for (const signal of ready) if (!this.#closed) this.#options.onSignal(signal)
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.onGone(error)
  }
}
