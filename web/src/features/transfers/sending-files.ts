/** The sending end: moves messages between the core, the files and the lines. */
import type { Clock } from '../../model/feature'
import { StopReason } from '../../schema/transfers_pb'
import type { Files, Line } from './channel'
import { RulesError, type StoppedError } from './protocol/errors'
import { Sender, type Kind } from './protocol/sender'
import type { Source } from './source'

export interface SendEvents {
  /** What the receiver has written down. */
  onProgress: (doneBytes: number) => void
  /** The receiver has everything, and it is the same. */
  onDone: () => void
  /** One of the two gave up. */
  onStopped: (error: StoppedError) => void
}

export interface SendOptions {
  /** null: as fast as it goes. */
  bytesPerS?: number | null
  clock: Clock
}

export class SendingFiles implements Files {
  readonly #source: Source
  readonly #events: SendEvents
  readonly #core: Sender
  readonly #clock: Clock
  readonly #lines = new Map<Line, number>()
  #next = 0
  #toldBytes = -1
  #over = false
  #cancelTimer: (() => void) | null = null

  constructor(source: Source, events: SendEvents, { bytesPerS = null, clock }: SendOptions) {
    this.#source = source
    this.#events = events
    this.#clock = clock
    this.#core = new Sender(source.manifest, bytesPerS)
  }

  /** Put on lines, again or not. */
  get sentBytes(): number {
    return this.#core.sentBytes
  }

  /** A line has opened; the receiver speaks first. */
  opened(line: Line): void {
    try {
      this.#core.attach(this.#next)
    } catch {
      line.close()
      return
    }
    this.#lines.set(line, this.#next)
    this.#next += 1
  }

  closed(line: Line): void {
    const number = this.#lines.get(line)
    if (number === undefined) return
    this.#lines.delete(line)
    this.#core.detach(number)
    this.#pump()
  }

  drained(): void {
    this.#pump()
  }

  message(line: Line, message: Kind): void {
    const number = this.#lines.get(line)
    // A door is an address that a page cannot connect to.
    if (number === undefined || message.case === 'door') return
    try {
      this.#core.receive(number, message)
    } catch (error) {
      if (!(error instanceof RulesError)) throw error
      line.close()
      this.closed(line)
      return
    }
    this.#pump()
  }

  /** The connection is another: browsers need not say that the lines of the one before are gone. */
  restart(): void {
    for (const line of [...this.#lines.keys()]) {
      this.closed(line)
      line.close()
    }
  }

  /** Lets go of the lines. */
  end(): void {
    this.#over = true
    this.#cancelTimer?.()
    this.restart()
  }

  /** Says all that can be said, and sees what became of it. */
  #pump(): void {
    const nowMs = this.#clock.nowMs()
    for (const [line, number] of this.#lines)
      while (line.room) {
        const message = this.#core.poll(number, nowMs)
        if (message === null) break
        line.send(message)
      }
    this.#waitForRate(nowMs)
    if (this.#over) return
    for (let chunk = this.#core.nextRead(); chunk !== null; chunk = this.#core.nextRead())
      void this.#read(chunk)
    this.#tell()
  }

  #tell(): void {
    const { keptBytes, done, stopped } = this.#core
    if (keptBytes !== this.#toldBytes) {
      this.#toldBytes = keptBytes
      this.#events.onProgress(keptBytes)
    }
    if (!done && stopped === null) return
    this.#over = true
    if (stopped === null) this.#events.onDone()
    else this.#events.onStopped(stopped)
  }

  #waitForRate(nowMs: number): void {
    const waitMs = this.#core.waitMs(nowMs)
    if (waitMs <= 0 || this.#cancelTimer !== null || this.#over) return
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = null
      this.#pump()
    })
  }

  async #read(chunk: number): Promise<void> {
    try {
      const { data, leaf } = await this.#source.read(chunk)
      this.#core.loaded(chunk, data, leaf)
    } catch {
      this.#core.stop(StopReason.STOP_SOURCE_CHANGED)
    }
    this.#pump()
  }
}
