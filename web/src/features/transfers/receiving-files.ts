/** The receiving end: moves messages between the core, the disk and the lines. */
import { StopReason } from '../../schema/transfers_pb'
import type { Files, Line } from './channel'
import { StoppedError } from './protocol/errors'
import type { Manifest } from './protocol/manifest'
import { Receiver, type Effect } from './protocol/receiver'
import type { Kind } from './protocol/sender'
import type { Landing } from './landing'

export interface ReceiveEvents {
  /** Names and sizes are known. */
  onManifest: (manifest: Manifest) => void
  /** What is written down. */
  onProgress: (doneBytes: number) => void
  /** Everything is here, and the same as what was sent. */
  onPlaced: (root: Uint8Array<ArrayBuffer>) => void
  /** One of the two gave up; `problem` is a translation key of what went wrong here. */
  onStopped: (problem: string) => void
}

const FULL = 'transfers.diskFull'

export class ReceivingFiles implements Files {
  readonly #landing: Landing
  readonly #isOffered: (manifest: Manifest) => boolean
  readonly #events: ReceiveEvents
  readonly #core: Receiver
  readonly #lines = new Map<Line, number>()
  #next = 0
  #over = false
  #problem = ''

  /** `isOffered` tells whether these are the files the person said yes to. */
  constructor(landing: Landing, isOffered: (manifest: Manifest) => boolean, events: ReceiveEvents) {
    this.#landing = landing
    this.#isOffered = isOffered
    this.#events = events
    this.#core = new Receiver(landing.manifest, landing.leaves)
    if (landing.manifest !== null) events.onManifest(landing.manifest)
    if (this.#core.keptBytes > 0) events.onProgress(this.#core.keptBytes)
  }

  /** A line has opened: says hello. */
  opened(line: Line): void {
    try {
      this.#core.attach(this.#next)
    } catch {
      line.close()
      return
    }
    this.#lines.set(line, this.#next)
    this.#next += 1
    this.#pump()
  }

  closed(line: Line): void {
    const number = this.#lines.get(line)
    if (number === undefined) return
    this.#lines.delete(line)
    this.#core.detach(number)
  }

  drained(): void {
    this.#pump()
  }

  message(line: Line, message: Kind): void {
    const number = this.#lines.get(line)
    if (number === undefined) return
    let effects: Effect[]
    try {
      effects = this.#core.receive(number, message)
    } catch {
      this.#drop(line)
      return
    }
    // In this order, but without waiting: the disk does one after the other.
    for (const effect of effects) void this.#do(effect, line)
    this.#pump()
  }

  /** The connection is another: browsers need not say that the lines of the one before are gone. */
  restart(): void {
    for (const line of [...this.#lines.keys()]) this.#drop(line)
  }

  /** Lets go of the lines; what has arrived stays. */
  end(): void {
    this.#over = true
    this.restart()
  }

  #drop(line: Line): void {
    this.closed(line)
    line.close()
  }

  #pump(): void {
    for (const [line, number] of this.#lines)
      while (line.room) {
        const message = this.#core.poll(number)
        if (message === null) break
        line.send(message)
      }
    const { stopped } = this.#core
    if (stopped !== null) this.#stopped(stopped)
  }

  async #do(effect: Effect, line: Line): Promise<void> {
    try {
      if (effect.do === 'open') await this.#open(effect.manifest)
      else if (effect.do === 'write') await this.#write(effect, line)
      else if (effect.do === 'drop') await this.#landing.drop(effect.chunk)
      else await this.#place(effect.root)
    } catch (error) {
      this.#problem = (error as Error).message
      this.#core.stop(this.#problem === FULL ? StopReason.STOP_NO_SPACE : StopReason.STOP_UNWRITABLE)
    }
    this.#pump()
  }

  async #open(manifest: Manifest): Promise<void> {
    if (!this.#isOffered(manifest)) {
      this.#problem = 'transfers.notOffered'
      this.#core.stop(StopReason.STOP_BROKEN_RULES)
      return
    }
    await this.#landing.begin(manifest)
    this.#core.opened(manifest)
    this.#events.onManifest(manifest)
  }

  async #write({ channel, chunk, data, leaf }: Effect & { do: 'write' }, line: Line): Promise<void> {
    if (!(await this.#landing.write(chunk, data, leaf))) {
      this.#core.damaged(chunk)
      this.#drop(line)
      return
    }
    this.#core.written(channel, chunk, leaf)
    if (!this.#over) this.#events.onProgress(this.#core.keptBytes)
  }

  async #place(root: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#landing.finish()
    this.#core.placed()
    this.#pump()
    if (this.#over) return
    this.#over = true
    this.#events.onPlaced(root)
  }

  #stopped({ reason, byUs }: StoppedError): void {
    if (this.#over) return
    this.#over = true
    this.#events.onStopped(byUs ? this.#problem || problemOf(reason) : problemOf(reason))
  }
}

const PROBLEMS: Partial<Record<StopReason, string>> = {
  [StopReason.STOP_CANCELLED]: 'transfers.cancelledThere',
  [StopReason.STOP_SOURCE_CHANGED]: 'transfers.changedThere',
  [StopReason.STOP_DIFFERENT]: 'transfers.different',
  [StopReason.STOP_VERSION]: 'transfers.otherVersion',
}

function problemOf(reason: StopReason): string {
  return PROBLEMS[reason] ?? 'transfers.broken'
}
