/** Which server this browser holds the page's server to be: its root, its newest manifest (SEAL17, SEAL18). */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { SignedManifestSchema, type Manifest, type SignedManifest } from '../../schema/sealed_pb'
import { isEqual, type Bytes } from '../bytes'
import type { Clock } from '../clock'
import { isInTime, ManifestError, verifyManifest } from './manifest'

/** What is kept, as bytes that any later version can read. */
export interface IdentityRecord {
  readonly root: Bytes
  readonly epoch: number
  /** A serialized `SignedManifest`, or nothing when none was seen of this root yet. */
  readonly manifest: Bytes
}

export interface IdentityStore {
  load(): Promise<IdentityRecord | null>
  /** Unless another tab has stored a higher epoch, or another root, meanwhile. */
  save(record: IdentityRecord): Promise<void>
  /** Whatever is stored. */
  replace(record: IdentityRecord): Promise<void>
}

/** The server showed another root than the pinned one. */
export interface Impostor {
  readonly pinned: Bytes
  readonly shown: Bytes
}

export class ServerIdentity {
  readonly #store: IdentityStore
  readonly #clock: Clock
  readonly #onImpostor: (impostor: Impostor) => void
  #record: IdentityRecord | null = null
  #manifest: Manifest | null = null
  #loaded: Promise<void> | null = null

  constructor(store: IdentityStore, clock: Clock, onImpostor: (impostor: Impostor) => void) {
    this.#store = store
    this.#clock = clock
    this.#onImpostor = onImpostor
  }

  /** The root a code or an address named; pinned unless another one is already. Throws `other_root` then. */
  async expect(root: Bytes): Promise<void> {
    await this.#load()
    if (this.#record === null) await this.#keep(unseen(root))
    else if (!isEqual(this.#record.root, root)) this.#refuse(root)
  }

  /** The newest manifest, or null when none is known that still holds. */
  async manifest(): Promise<Manifest | null> {
    await this.#load()
    if (this.#manifest !== null && !isInTime(this.#manifest, this.#clock.nowMs())) this.#manifest = null
    return this.#manifest
  }

  /** The server could not open what was sealed to its key: the next OPEN asks who it is (SEAL19). */
  doubt(): void {
    this.#manifest = null
  }

  get root(): Bytes | null {
    return this.#record?.root ?? null
  }

  /** A manifest from the server itself. Throws `ManifestError`, and keeps what it had. */
  async accept(signed: SignedManifest): Promise<Manifest> {
    await this.#load()
    let manifest: Manifest
    try {
      manifest = await verifyManifest(signed, this.#record, this.#clock.nowMs())
    } catch (error) {
      if (error instanceof ManifestError && error.fault === 'other_root') this.#refuse(error.root)
      throw error
    }
    // Two connections may have asked at once: what was seen meanwhile counts.
    if (manifest.epoch < (this.#record?.epoch ?? 0)) throw new ManifestError('old_epoch')
    this.#manifest = manifest
    const root = this.#record?.root ?? new Uint8Array(manifest.root)
    await this.#keep({ root, epoch: manifest.epoch, manifest: toBinary(SignedManifestSchema, signed) })
    return manifest
  }

  /** The person decided: from now on the server is the one with this root. */
  async replace(root: Bytes): Promise<void> {
    this.#manifest = null
    this.#record = unseen(root)
    await this.#store.replace(this.#record)
  }

  #refuse(shown: Bytes): never {
    this.#onImpostor({ pinned: this.#record?.root ?? new Uint8Array(), shown })
    throw new ManifestError('other_root', shown)
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#read()
    return this.#loaded
  }

  async #read(): Promise<void> {
    this.#record = await this.#store.load()
    if (this.#record === null || this.#record.manifest.length === 0) return
    try {
      const signed = fromBinary(SignedManifestSchema, this.#record.manifest)
      this.#manifest = await verifyManifest(signed, this.#record, this.#clock.nowMs())
    } catch {
      this.#manifest = null // it is over, or was spoiled: the server is asked for a new one (SEAL19)
    }
  }

  /** What cannot be stored is held to until the page is closed. */
  async #keep(record: IdentityRecord): Promise<void> {
    this.#record = record
    await this.#store.save(record).catch(() => undefined)
  }
}

/** A root of which nothing was seen yet. */
function unseen(root: Bytes): IdentityRecord {
  return { root, epoch: 0, manifest: new Uint8Array() }
}
