import type { MessageInitShape } from '@bufbuild/protobuf'
import { RpcError } from '../link/errors'
import type { Credentials, LinkCallOptions } from '../link/contract'
import type { Link } from '../link/link'
import { Identity as Rpc, type NewDeviceSchema, type SessionReply } from '../schema/identity_pb'
import type { SessionApi } from './api'
import { toDevice, toSession } from './convert'
import { createDeviceKey, publicKeyOf, signWith } from './device-key'
import type { Clock } from './feature'
import { applyPerson } from './inbox'
import { Value } from './observable'
import { toPerson } from './person'
import type { Store } from './store'
import type { Device, LinkState, Session } from './types'

const LINK_CONTEXT = 'hutong link v1\0'
const LINK_POLL_MS = 1_000
/** Signing out does not wait for a server that is not there. */
const SIGN_OUT_DEADLINE_MS = 3_000
const KEY_BYTES = 16

export interface SessionOptions {
  link: Link
  store: Store
  clock: Clock
  randomBytes: (length: number) => Uint8Array<ArrayBuffer>
  /** What this device is called in the list of devices, e.g. "Firefox on Linux". */
  deviceName: string
  /** BCP 47. */
  language: string
  /** Everything is there that somebody who is signed in needs; rejects when it cannot be fetched. */
  ready: () => Promise<void>
  /** The connection was signed in. */
  onSignedIn: () => void
}

export class SessionModel implements SessionApi {
  readonly session = new Value<Session | null | undefined>(undefined)
  readonly link = new Value<LinkState>('connecting')
  readonly serverName = new Value('')
  readonly ended = new Value(false)
  readonly #options: SessionOptions
  /** Ends the wait for the other device when it is not waited for any more. */
  #linking: AbortController | null = null
  /** The person signs out here: what the server says of it is no news. */
  #leaving = false

  constructor(options: SessionOptions) {
    this.#options = options
    options.store.listen(({ session }) => {
      if (session) this.session.set(options.store.state.session)
    })
  }

  /** What a new connection proves itself with, or null when nobody is signed in here. */
  credentials(): Credentials | null {
    const { session, key } = this.#options.store.state
    if (session === null || key === null) return null
    return { device: session.device, sign: (message) => signWith(key, message) }
  }

  // ---- signing in ----

  async signUp(handle: string, name: string, password: string, invitation: string): Promise<void> {
    const { link, language } = this.#options
    await this.#signIn((device) =>
      link.call(Rpc.method.signUp, { handle, name, password, invitation, language, device }),
    )
  }

  async logIn(handle: string, password: string): Promise<void> {
    await this.#signIn((device) => this.#options.link.call(Rpc.method.logIn, { handle, password, device }))
  }

  async #signIn(
    run: (device: MessageInitShape<typeof NewDeviceSchema>) => Promise<SessionReply>,
  ): Promise<void> {
    this.#linking?.abort()
    await this.#options.ready()
    const key = await createDeviceKey()
    const reply = await run({ name: this.#options.deviceName, publicKey: await publicKeyOf(key) })
    await this.#keep(reply, key)
  }

  async #keep(reply: SessionReply, key: CryptoKeyPair): Promise<void> {
    const { store, link, ready } = this.#options
    await ready()
    this.ended.set(false)
    await store.change((change) => change.putSession(toSession(reply), key), { durable: true })
    const credentials = this.credentials()
    if (credentials === null) return
    // On the connection that signed in there is nothing left to do; another one resumes, and says so itself.
    if (link.setCredentials(credentials)) this.#options.onSignedIn()
  }

  async startDeviceLink(): Promise<{ token: string; expiresAtMs: number; signedIn: Promise<void> }> {
    this.#linking?.abort()
    const linking = new AbortController()
    this.#linking = linking
    const key = await createDeviceKey()
    const device = { name: this.#options.deviceName, publicKey: await publicKeyOf(key) }
    const { signal } = linking
    const { token, expiresAtMs } = await this.#options.link.call(
      Rpc.method.startDeviceLink,
      { device },
      { signal },
    )
    const signedIn = this.#finishDeviceLink(token, key, signal).then((reply) => this.#keep(reply, key))
    signedIn.catch(() => undefined) // whoever shows the code may have gone away
    return { token, expiresAtMs: Number(expiresAtMs), signedIn }
  }

  /** Asks until the other device has approved; the server says when the code has expired. */
  async #finishDeviceLink(token: string, key: CryptoKeyPair, signal: AbortSignal): Promise<SessionReply> {
    const { link, clock, randomBytes } = this.#options
    const signature = await signWith(key, new TextEncoder().encode(LINK_CONTEXT + token))
    const options: LinkCallOptions = {
      key: randomBytes(KEY_BYTES),
      deadlineMs: Infinity,
      signal,
      retryUnavailable: false,
    }
    for (;;) {
      try {
        return await link.call(Rpc.method.finishDeviceLink, { token, signature }, options)
      } catch (error) {
        if (!(error instanceof RpcError) || error.code !== 'unavailable' || signal.aborted) throw error
        await new Promise<void>((resolve) => void clock.after(error.retryAfterMs || LINK_POLL_MS, resolve))
      }
    }
  }

  async inspectDeviceLink(token: string): Promise<string> {
    return (await this.#options.link.call(Rpc.method.inspectDeviceLink, { token })).deviceName
  }

  async approveDeviceLink(token: string): Promise<void> {
    await this.#options.link.call(Rpc.method.approveDeviceLink, { token })
  }

  /** A connection resumed: what the server says about us is the newest. */
  async resumed(reply: SessionReply): Promise<void> {
    const session = toSession(reply)
    await this.#options.store.change((change) => {
      if (change.state.session?.device !== session.device) return
      applyPerson(change, session.me)
      if (JSON.stringify(change.state.session) !== JSON.stringify(session)) change.putSession(session)
    })
  }

  // ---- signing out ----

  async signOut(): Promise<void> {
    const { link, store } = this.#options
    const { session } = store.state
    if (session !== null) {
      this.#leaving = true
      const request = { device: session.device }
      const revoked = link.call(Rpc.method.revokeDevice, request, { deadlineMs: SIGN_OUT_DEADLINE_MS })
      await revoked.catch(() => undefined)
    }
    await this.forget()
    this.#leaving = false
  }

  /** The server knows this device no longer: another one signed it out, or the account ended. */
  async revoked(): Promise<void> {
    if (this.#options.store.state.session !== null && !this.#leaving) this.ended.set(true)
    await this.forget()
  }

  /** Nobody is signed in here any more. */
  async forget(): Promise<void> {
    const { link, store } = this.#options
    if (store.state.session === null) return
    await store.change((change) => change.wipe())
    link.clearCredentials()
  }

  // ---- the account ----

  async listDevices(): Promise<Device[]> {
    const { devices } = await this.#options.link.call(Rpc.method.listDevices, {})
    return devices.map(toDevice)
  }

  async revokeDevice(device: string): Promise<void> {
    await this.#options.link.call(Rpc.method.revokeDevice, { device })
  }

  async changePassword(oldPassword: string, newPassword: string): Promise<void> {
    await this.#options.link.call(Rpc.method.changePassword, { oldPassword, newPassword })
  }

  async updateProfile(name: string, about: string, picture: string): Promise<void> {
    const { profile } = await this.#options.link.call(Rpc.method.updateProfile, { name, about, picture })
    await this.#options.store.change((change) => applyPerson(change, toPerson(profile)))
  }
}
