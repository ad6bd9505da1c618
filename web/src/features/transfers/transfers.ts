/** All transfers of this window: who has which, what is shown of it, and what survives a reload. */
import type { Readable } from 'svelte/store'
import type { FeatureContext, LogEvent } from '../../model/feature'
import type { Session } from '../../model/types'
import {
  TransferAcceptedSchema,
  TransferEndedSchema,
  TransferOfferedSchema,
  Transfers as TransfersService,
  type TransferAccepted,
  type TransferOffered,
} from '../../schema/transfers_pb'
import type { Peers, Release } from '../peers/api'
import { readAgain } from './file-handle'
import { offered } from './fold'
import { Incoming } from './incoming'
import { Outgoing, type SideDependencies } from './outgoing'
import type { Received, ReceivedFiles } from './landing'
import { ProgressBoard } from './progress'
import { equal } from './protocol/tree'
import { Records, type TransferRecord } from './records'
import { PickedSource, type Picked } from './source'
import { LISTED_MAX, type Transfer, type TransferProgress, type TransfersApi } from './types'

/** From a contact, and while somebody looks: files up to this size are taken without asking. */
export const AUTO_ACCEPT_BYTES_MAX = 25 * 1024 * 1024
/** An offer of the past is not taken without asking. */
const AUTO_ACCEPT_AGE_MS = 120_000
/** Taken without asking, at once and not yet saved. */
const AUTO_ACCEPT_COUNT_MAX = 20
const ACCEPTED_EARLY_MAX = 100
/** A saved file is kept a while for a second look. */
const KEEP_SAVED_MS = 24 * 3600 * 1000

export interface TransfersDependencies {
  context: FeatureContext
  peers: Peers
  claim: (transfer: string) => Promise<Release | null>
  files: ReceivedFiles
  /** Somebody is looking at this window. */
  visible: () => boolean
}

export class Transfers implements TransfersApi {
  readonly #dependencies: TransfersDependencies
  readonly #records: Records
  readonly #board: ProgressBoard
  readonly #outgoing = new Map<string, Outgoing>()
  readonly #incoming = new Map<string, Incoming>()
  readonly #claims = new Map<string, Release>()
  /** Offers of this device, or of its other windows, that were taken before the server's answer was here. */
  readonly #acceptedEarly = new Set<string>()
  #session: Session | null = null
  #resumed = false

  constructor(dependencies: TransfersDependencies) {
    this.#dependencies = dependencies
    const { context } = dependencies
    this.#records = new Records(context.storage)
    this.#board = new ProgressBoard(context.clock)
    context.session.subscribe((session) => this.#signedIn(session ?? null))
    context.onEvent(TransferOfferedSchema, (event, body) => void this.#offered(event, body))
    context.onEvent(TransferEndedSchema, (_event, { transfer }) => void this.#ended(transfer))
    context.onNotice(TransferAcceptedSchema, (notice) => this.#accepted(notice))
    context.link.subscribe((link) => {
      if (link === 'online') void this.#catchUp()
    })
  }

  progress(transfer: string): Readable<TransferProgress> {
    return this.#board.of(transfer)
  }

  async offer(log: string, picked: Picked): Promise<void> {
    const { context, claim } = this.#dependencies
    const source = new PickedSource(picked)
    const { name, mediaType, count: files, manifest } = source
    const { sizeBytes } = manifest
    const offer = { log, name, sizeBytes: BigInt(sizeBytes), mediaType, files }
    const { transfer, receiverOnline } = await context.call(TransfersService.method.offer, offer)
    const release = await claim(transfer)
    if (release !== null) this.#claims.set(transfer, release)
    const outgoing = new Outgoing(transfer, source, false, this.#side(transfer))
    this.#outgoing.set(transfer, outgoing)
    await this.#keep({
      direction: 'out',
      transfer,
      log,
      name,
      sizeBytes,
      mediaType,
      files,
      createdAtMs: context.clock.nowMs(),
      manifest: manifest.digest,
      folder: manifest.entries.every(({ path, folder }) => folder || path.includes('/')),
      ...(picked.handles && { handles: picked.handles }),
    })
    if (this.#acceptedEarly.delete(transfer)) outgoing.open()
    else if (!receiverOnline) await outgoing.store()
  }

  async accept(log: string, { transfer, name, sizeBytes, mediaType, files }: Transfer): Promise<void> {
    const { context, claim } = this.#dependencies
    if (this.#incoming.has(transfer)) return
    const release = this.#claims.get(transfer) ?? (await claim(transfer))
    if (release === null) {
      this.#board.publish(transfer, { phase: 'elsewhere' })
      return
    }
    this.#claims.set(transfer, release)
    const again = (await this.#records.get(transfer)) !== null
    this.#board.publish(transfer, { phase: 'accepting', error: '' })
    try {
      await context.call(TransfersService.method.accept, { transfer })
    } catch (error) {
      await this.#letGo(transfer)
      this.#board.publish(transfer, { phase: 'failed', error: (error as Error).message })
      return
    }
    const createdAtMs = context.clock.nowMs()
    const what = { transfer, log, name, sizeBytes, mediaType, files, createdAtMs }
    const record: TransferRecord = { direction: 'in', ...what }
    await this.#keep(record)
    await this.#receive(record, again)
  }

  async decline(transfer: string): Promise<void> {
    await this.#dependencies.context.call(TransfersService.method.decline, { transfer })
  }

  async cancel(transfer: string): Promise<void> {
    await this.#dependencies.context.call(TransfersService.method.cancel, { transfer })
  }

  async giveFiles(transfer: string, picked: Picked): Promise<void> {
    const record = await this.#records.get(transfer)
    const outgoing = this.#outgoing.get(transfer)
    if (record === null || outgoing === undefined) return
    const source = sourceOf(picked, record)
    if (source === null) {
      this.#board.publish(transfer, { error: 'transfers.otherFile' })
      return
    }
    outgoing.give(source)
    await this.#openWhenAccepted(outgoing)
  }

  async regainFiles(transfer: string): Promise<boolean> {
    const picked = await readAgain((await this.#records.get(transfer))?.handles, true)
    if (picked !== null) await this.giveFiles(transfer, picked)
    return picked !== null
  }

  async storeInstead(transfer: string): Promise<void> {
    await this.#outgoing.get(transfer)?.store()
  }

  async received(transfer: string): Promise<Received | null> {
    const inMemory = await this.#incoming.get(transfer)?.received()
    return inMemory ?? this.#dependencies.files.read(transfer)
  }

  async saved(transfer: string): Promise<void> {
    const record = await this.#records.get(transfer)
    if (record !== null) await this.#keep({ ...record, savedAtMs: this.#dependencies.context.clock.nowMs() })
  }

  #signedIn(session: Session | null): void {
    const before = this.#session
    this.#session = session
    if (session !== null || before === null) return
    for (const transfer of [...this.#outgoing.keys(), ...this.#incoming.keys()])
      void this.#letGo(transfer).then(() => this.#dependencies.files.remove(transfer))
    this.#resumed = false
  }

  /** The link is back: accepted offers may have been missed; the first time also those of earlier visits. */
  async #catchUp(): Promise<void> {
    if (!this.#resumed) {
      this.#resumed = true
      for (const record of await this.#records.all()) await this.#resume(record)
    }
    for (const outgoing of this.#outgoing.values()) await this.#openWhenAccepted(outgoing)
  }

  async #openWhenAccepted(outgoing: Outgoing): Promise<void> {
    if (outgoing.idle && (await this.#dependencies.peers.exists(outgoing.transfer))) outgoing.open()
  }

  /** Takes up what an earlier page left, unless another window has it. */
  async #resume(record: TransferRecord): Promise<void> {
    const { context, claim } = this.#dependencies
    const { transfer, log } = record
    if (this.#outgoing.has(transfer) || this.#incoming.has(transfer)) return
    const events = await context.events(log, TransferEndedSchema)
    if (events.some(({ body }) => body.transfer === transfer) && !(await this.#keepReceived(record))) {
      await this.#forget(transfer)
      return
    }
    if (record.sha256 !== undefined && this.#board.now(transfer).phase === 'received') return
    const release = await claim(transfer)
    if (release === null) return
    this.#claims.set(transfer, release)
    if (record.direction === 'out') await this.#resumeOutgoing(record)
    else await this.#receive(record, true)
  }

  async #resumeOutgoing(record: TransferRecord): Promise<void> {
    const { transfer, handles, folder = false } = record
    const picked = await readAgain(handles, false)
    const source = picked === null ? null : sourceOf(picked, record)
    this.#board.publish(transfer, { folder })
    this.#outgoing.set(transfer, new Outgoing(transfer, source, true, this.#side(transfer)))
  }

  /** Whether the record is of a file that was received whole and is still there. */
  async #keepReceived(record: TransferRecord): Promise<boolean> {
    if (record.sha256 === undefined) return false
    const saved = record.savedAtMs
    if (saved !== undefined && this.#dependencies.context.clock.nowMs() - saved > KEEP_SAVED_MS) return false
    const received = await this.#dependencies.files.read(record.transfer)
    if (received === null) return false
    const listed = record.files > 0 ? received.entries.slice(0, LISTED_MAX) : []
    this.#board.publish(record.transfer, { phase: 'received', doneBytes: record.sizeBytes, listed })
    return true
  }

  async #receive(record: TransferRecord, again: boolean): Promise<void> {
    const { transfer, sha256, path = 'relayed' } = record
    const incoming = new Incoming(record, again, {
      ...this.#side(transfer),
      files: this.#dependencies.files,
      onVerified: (digest, path) => this.#keep({ ...record, sha256: digest, path }),
    })
    this.#incoming.set(transfer, incoming)
    if (sha256 === undefined) {
      await incoming.open()
      return
    }
    // Verified, and reloaded before the server was told.
    await incoming.finish(sha256, path).catch(() => undefined)
    await this.#keepReceived(record)
  }

  async #offered(event: LogEvent, offer: TransferOffered): Promise<void> {
    const { context, visible } = this.#dependencies
    if (event.author === this.#session?.me.user || !visible()) return
    if (context.clock.nowMs() - event.atMs > AUTO_ACCEPT_AGE_MS) return
    if (offer.sizeBytes > AUTO_ACCEPT_BYTES_MAX) return
    const kept = (await this.#records.all()).filter(
      ({ direction, savedAtMs }) => direction === 'in' && !savedAtMs,
    )
    if (kept.length >= AUTO_ACCEPT_COUNT_MAX) return
    await this.accept(event.log, offered(offer))
  }

  #accepted({ transfer, senderDevice, receiverDevice }: TransferAccepted): void {
    const device = this.#session?.device
    const outgoing = this.#outgoing.get(transfer)
    if (outgoing !== undefined) outgoing.open()
    else if (senderDevice === device) this.#acceptedEarly.add(transfer)
    else if (receiverDevice !== device) this.#board.publish(transfer, { phase: 'elsewhere' })
    if (this.#acceptedEarly.size > ACCEPTED_EARLY_MAX) this.#acceptedEarly.clear()
  }

  async #ended(transfer: string): Promise<void> {
    const record = await this.#records.get(transfer)
    // A file of ours that is whole stays; its path is closed by the side that told the server.
    if (record?.sha256 !== undefined) return
    await this.#forget(transfer)
  }

  async #forget(transfer: string): Promise<void> {
    await this.#letGo(transfer)
    this.#board.clear(transfer)
    await this.#records.delete(transfer)
    await this.#dependencies.files.remove(transfer)
  }

  /** Resolves when what was written to is closed. */
  async #letGo(transfer: string): Promise<void> {
    const incoming = this.#incoming.get(transfer)
    this.#outgoing.get(transfer)?.end()
    this.#outgoing.delete(transfer)
    this.#incoming.delete(transfer)
    this.#claims.get(transfer)?.()
    this.#claims.delete(transfer)
    await incoming?.end()
  }

  async #keep(record: TransferRecord): Promise<void> {
    for (const { transfer } of await this.#records.put(record)) await this.#forget(transfer)
  }

  #side(transfer: string): SideDependencies {
    const { context, peers } = this.#dependencies
    return { context, peers, publish: (patch) => this.#board.publish(transfer, patch) }
  }
}

/** The files of an offer of ours, picked again; null when they are others. */
function sourceOf(picked: Picked, { manifest }: TransferRecord): PickedSource | null {
  try {
    const source = new PickedSource(picked)
    return manifest !== undefined && equal(source.manifest.digest, manifest) ? source : null
  } catch {
    return null // what cannot be handed over together was not offered together
  }
}
