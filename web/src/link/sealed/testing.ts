/** For tests: a core that speaks the sealed layer with real keys, behind carriers that are function calls. */
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { Priority } from '../../schema/options_pb'
import {
  HelloSchema,
  ManifestSchema,
  Refusal,
  RefusedSchema,
  SignedManifestSchema,
  type Hello,
  type SignedManifest,
} from '../../schema/sealed_pb'
import { ascii, concatenate, owned, type Bytes } from '../bytes'
import type { CarrierEvents, OpenCarrier } from '../carrier'
import { schedule, sharedSecret } from './hpke'
import { sha256 } from './hkdf'
import type { IdentityRecord, IdentityStore } from './identity'
import { earlyKeys, mainKeys } from './keys'
import { OPEN_HEADER_BYTES, openInfo } from './opening'
import { fragmentsOf } from './queue'
import { Reassembly } from './reassembly'
import { isRecord, Opener, Sealer, type Fragment } from './record'
import { createExchange, type Exchange } from './x25519'

const NOTHING: Bytes = new Uint8Array()
const DAY_MS = 24 * 3600 * 1000

/** Opens what was sealed to a key by HPKE. */
export async function hpkeOpen(
  recipient: Exchange,
  enc: Bytes,
  info: Bytes,
  ciphertext: Bytes,
): Promise<Bytes> {
  const shared = await sharedSecret(await recipient.agree(enc), enc, recipient.publicKey)
  const { key, nonce } = await schedule(shared, info)
  const opening = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt'])
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, opening, ciphertext))
}

/** What one browser keeps. */
export class MemoryStore implements IdentityStore {
  record: IdentityRecord | null = null

  load(): Promise<IdentityRecord | null> {
    return Promise.resolve(this.record)
  }

  save(record: IdentityRecord): Promise<void> {
    this.record = record
    return Promise.resolve()
  }

  replace(record: IdentityRecord): Promise<void> {
    return this.save(record)
  }
}

/** One carrier as the core sees it. */
export class CoreEnd {
  readonly arrived: Bytes[] = []
  readonly received: { priority: Priority; message: Bytes; early: boolean }[] = []
  hello: Hello | null = null
  binding: Bytes = NOTHING
  closedByClient = false
  /** What `waitingBytes` of the client's carrier says. */
  waitingBytes = 0
  /** What is sent stays in the carrier, as far as the client can tell. */
  stuck = false
  #sealer: Sealer | null = null
  #early: Opener | null = null
  #main: Opener | null = null
  readonly #reassembly = { early: new Reassembly(), main: new Reassembly() }
  #working: Promise<void> = Promise.resolve()
  readonly #core: FakeCore
  readonly #events: CarrierEvents

  constructor(core: FakeCore, events: CarrierEvents) {
    this.#core = core
    this.#events = events
  }

  /** The carrier takes one message; they are worked on one after the other. */
  take(message: Bytes): void {
    this.arrived.push(message)
    if (this.stuck) this.waitingBytes += message.length
    this.#working = this.#working.then(() => this.#work(message))
  }

  /** Resolves when everything that has arrived was worked on; rejects when something of it was wrong. */
  worked(): Promise<void> {
    return this.#working
  }

  send(priority: Priority, message: Uint8Array): Promise<void> {
    return this.sendFragments([...fragmentsOf(priority, message)])
  }

  async sendFragments(fragments: readonly Fragment[]): Promise<void> {
    for (const record of await this.seal(fragments)) this.sendBytes(record)
  }

  async seal(fragments: readonly Fragment[]): Promise<Bytes[]> {
    const sealer = this.#sealer
    if (sealer === null) throw new Error('nothing was accepted yet')
    return Promise.all(fragments.map((fragment) => sealer.seal(fragment, 0)))
  }

  sendBytes(message: Bytes): void {
    if (!this.closedByClient) this.#events.onMessage(message)
  }

  refuse(reason: Refusal, manifest?: SignedManifest): void {
    const refused = create(RefusedSchema, manifest === undefined ? { reason } : { reason, manifest })
    this.sendBytes(concatenate([Uint8Array.of(3), toBinary(RefusedSchema, refused)]))
  }

  open(): void {
    this.#events.onOpen()
  }

  drained(): void {
    this.waitingBytes = 0
    this.stuck = false
    this.#events.onDrained()
  }

  close(): void {
    if (!this.closedByClient) this.#events.onClose()
  }

  async #work(message: Bytes): Promise<void> {
    if (isRecord(message)) await this.#openRecord(message)
    else if (new DataView(message.buffer).getUint32(2) !== this.#core.epoch) {
      if (this.#core.refuses) this.refuse(Refusal.EPOCH, await this.#core.manifest())
    } else await this.#accept(message)
  }

  async #openRecord(record: Bytes): Promise<void> {
    const early = ((record[0] ?? 0) & 0x40) !== 0
    const opener = early ? this.#early : this.#main
    if (opener === null && early) return // it was sent with an OPEN that was refused
    if (opener === null) throw new Error('a record before its keys')
    if (!early) this.#early = null
    for (const fragment of await opener.open([record])) {
      const whole = this.#reassembly[early ? 'early' : 'main'].add(fragment)
      if (whole !== null) this.received.push({ priority: fragment.priority, message: whole, early })
    }
  }

  async #accept(open: Bytes): Promise<void> {
    const { service } = this.#core
    const head = open.slice(0, OPEN_HEADER_BYTES)
    const enc = open.slice(OPEN_HEADER_BYTES, OPEN_HEADER_BYTES + 32)
    const plaintext = await hpkeOpen(
      service,
      enc,
      openInfo(head, NOTHING),
      open.slice(OPEN_HEADER_BYTES + 32),
    )
    this.hello = fromBinary(HelloSchema, plaintext)
    const { early, binding, client } = await earlyKeys(NOTHING, open, owned(this.hello.secret))
    this.binding = binding
    this.#early = new Opener(client, true)
    if (!this.#core.accepts) return
    const exchange = await createExchange()
    const accept = concatenate([Uint8Array.of(2), exchange.publicKey])
    const transcript = await sha256(NOTHING, open, accept)
    const keys = await mainKeys(early, await exchange.agree(owned(this.hello.ephemeral)), transcript)
    this.#sealer = new Sealer(keys.core, false, 0)
    this.#main = new Opener(keys.client, false, this.#early.counts)
    this.sendBytes(accept)
  }
}

/** A server with a root, a service key and an epoch. */
export class FakeCore {
  readonly ends: CoreEnd[] = []
  readonly service: Exchange
  readonly root: Bytes
  readonly #rootKey: CryptoKey
  epoch = 7
  /** Off: it says nothing to an OPEN. */
  accepts = true
  /** Off: it says nothing to an OPEN of another epoch. */
  refuses = true
  nowMs: number

  private constructor(service: Exchange, root: Bytes, rootKey: CryptoKey, nowMs: number) {
    this.service = service
    this.root = root
    this.#rootKey = rootKey
    this.nowMs = nowMs
  }

  static async create(nowMs = Date.now()): Promise<FakeCore> {
    const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
    const root = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
    return new FakeCore(await createExchange(), root, pair.privateKey, nowMs)
  }

  async manifest(changes: MessageInitShape<typeof ManifestSchema> = {}): Promise<SignedManifest> {
    const manifest = toBinary(
      ManifestSchema,
      create(ManifestSchema, {
        epoch: this.epoch,
        root: this.root,
        serviceKey: this.service.publicKey,
        notBeforeMs: BigInt(this.nowMs - DAY_MS),
        notAfterMs: BigInt(this.nowMs + DAY_MS),
        minimumProtocol: 1,
        ...changes,
      }),
    )
    const message = concatenate([ascii('hutong manifest v1\0'), manifest])
    const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', this.#rootKey, message))
    return create(SignedManifestSchema, { manifest, signature })
  }

  /** Opens carriers onto this core, newest last; each is open at once unless `slow`. */
  carriers(slow = false): OpenCarrier {
    return (events) => {
      const end = new CoreEnd(this, events)
      this.ends.push(end)
      if (!slow) queueMicrotask(() => end.open())
      return {
        send: (message) => end.take(message),
        waitingBytes: () => end.waitingBytes,
        close: () => {
          end.closedByClient = true
        },
      }
    }
  }

  get newest(): CoreEnd {
    const end = this.ends.at(-1)
    if (end === undefined) throw new Error('no carrier was opened')
    return end
  }
}
