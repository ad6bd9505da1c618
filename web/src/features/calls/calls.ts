/** Runs the call's machine: asks the server, opens microphone and path, and publishes the view. */
import { get, writable, type Readable, type Writable } from 'svelte/store'
import { RpcError, type FeatureContext } from '../../model/feature'
import type { Session } from '../../model/types'
import { CallChangedSchema, Calls as CallsService, type Call as WireCall } from '../../schema/calls_pb'
import { pathToWire, type Peers, type PeerSession, type PeerStatus, type Release } from '../peers/api'
import { step, type Command, type Input, type Self } from './machine'
import { CallMedia } from './media'
import { qualityOf } from './quality'
import { IDLE, type CallPhase, type CallsApi, type CallView } from './types'
import { callFromWire } from './wire'
import { awaitsPerson } from './wording'

/** How long a path may take to open, or to come back, before the call is given up. */
const PATIENCE_MS: Partial<Record<CallPhase, number>> = { connecting: 40_000, reconnecting: 60_000 }
const ENDED_SHOWN_MS = 5_000

export interface CallsDependencies {
  context: FeatureContext
  peers: Peers
  devices: Pick<MediaDevices, 'getUserMedia'> | undefined
  claim: (call: string) => Promise<Release | null>
}

export class Calls implements CallsApi {
  readonly #dependencies: CallsDependencies
  readonly #view: Writable<CallView> = writable(IDLE)
  readonly #media: CallMedia
  #self: Self | null = null
  #path: PeerSession | null = null
  #release: Release | null = null
  /** Counts calls, so that a late answer to an old one is noticed. */
  #attempt = 0
  /** Microphone, and after a reload our place in the call, are had: the path may open. */
  #ready = false
  #withCamera = false
  #resumed = false
  #cancelTimer = (): void => undefined

  constructor(dependencies: CallsDependencies) {
    this.#dependencies = dependencies
    this.#media = new CallMedia(dependencies.devices, (remoteVideo) => {
      this.#patch({ remoteVideo })
    })
    const { context } = dependencies
    context.session.subscribe((session) => {
      this.#signedIn(session ?? null)
    })
    context.onNotice(CallChangedSchema, ({ call }) => {
      this.#changed(call)
    })
    context.link.subscribe((link) => {
      if (link === 'online') void this.#catchUp()
    })
  }

  get view(): Readable<CallView> {
    return this.#view
  }
  get localStream(): Readable<MediaStream | null> {
    return this.#media.localStream
  }
  get remoteStream(): Readable<MediaStream | null> {
    return this.#media.remoteStream
  }

  start(log: string, peer: string, video: boolean): void {
    this.#withCamera = video
    this.#dispatch({ type: 'start', log, peer, video })
  }
  accept(video: boolean): void {
    this.#withCamera = video
    this.#dispatch({ type: 'accept' })
  }
  decline(): void {
    this.#dispatch({ type: 'decline' })
  }
  hangUp(): void {
    this.#dispatch({ type: 'hangUp' })
  }
  dismiss(): void {
    this.#dispatch({ type: 'dismiss' })
  }

  setMuted(muted: boolean): void {
    this.#media.setMuted(muted)
    this.#patch({ muted })
  }

  setCameraOff(off: boolean): void {
    const attempt = this.#attempt
    void this.#media.setCamera(!off, this.#path?.connection ?? null).then((on) => {
      if (attempt === this.#attempt)
        this.#patch({ cameraOff: !on, notice: !off && !on ? 'calls.noCamera' : '' })
    })
  }

  #signedIn(session: Session | null): void {
    this.#self = session && { user: session.me.user, device: session.device }
    if (session === null) this.#become(IDLE)
  }

  #changed(call: WireCall | undefined): void {
    if (call !== undefined) this.#dispatch({ type: 'changed', call: callFromWire(call) })
  }

  /** The link is back, or this page is new: notices may have been missed. */
  async #catchUp(): Promise<void> {
    const { context, claim } = this.#dependencies
    const before = get(this.#view).call
    const reply = await context.call(CallsService.method.current, {}).catch(() => null)
    const now = get(this.#view)
    if (reply === null || now.call !== before) return
    const call = reply.call && callFromWire(reply.call)
    if (now.call !== '' && now.call !== call?.call) this.#dispatch({ type: 'gone', call: now.call })
    if (call === undefined) return
    const device = call.caller === this.#self?.user ? call.callerDevice : call.calleeDevice
    if (now.call === call.call || device !== this.#self?.device) {
      this.#dispatch({ type: 'changed', call })
      return
    }
    const release = await claim(call.call)
    if (release === null) return // another window of this browser has it
    this.#resumed = true
    this.#withCamera = call.video
    this.#dispatch({ type: 'resume', call })
    if (get(this.#view).call === call.call) this.#hold(release)
    else release()
  }

  #dispatch(input: Input): void {
    if (this.#self === null) return
    const { view, commands } = step(get(this.#view), input, this.#self)
    this.#become(view)
    for (const command of commands) void this.#run(command)
  }

  #become(view: CallView): void {
    const before = get(this.#view)
    if (view === before) return
    if (view.phase !== before.phase) this.#enter(view, before.phase)
    this.#view.set(view)
    if (view.phase === 'connecting') this.#openPath(view)
  }

  #enter(view: CallView, from: CallPhase): void {
    const { clock } = this.#dependencies.context
    this.#cancelTimer()
    const patience = PATIENCE_MS[view.phase]
    if (patience !== undefined)
      this.#cancelTimer = clock.after(patience, () => {
        this.#dispatch({ type: 'unreachable' })
      })
    if (view.phase === 'ended' && !awaitsPerson(view))
      this.#cancelTimer = clock.after(ENDED_SHOWN_MS, () => {
        this.dismiss()
      })
    if (view.phase === 'idle' || view.phase === 'ended') this.#letGo()
    else if (from === 'idle' || from === 'ended') this.#attempt += 1
  }

  #letGo(): void {
    this.#attempt += 1
    this.#ready = false
    this.#resumed = false
    this.#path?.close()
    this.#path = null
    this.#media.close()
    this.#hold(null)
  }

  #hold(release: Release | null): void {
    this.#release?.()
    this.#release = release
  }

  async #run(command: Command): Promise<void> {
    const { context } = this.#dependencies
    const { method } = CallsService
    switch (command.type) {
      case 'start':
        return this.#prepare(() => context.call(method.start, { log: command.log, video: command.video }))
      case 'accept':
        return this.#prepare(() => context.call(method.accept, { call: command.call }))
      case 'rejoin':
        return this.#prepare(() => context.call(method.rejoin, { call: command.call }))
      case 'decline':
        return this.#tell(() => context.call(method.decline, { call: command.call }))
      case 'hangUp': {
        const path = pathToWire(command.path)
        return this.#tell(() => context.call(method.hangUp, { call: command.call, path }))
      }
    }
  }

  /** For what is over for us whatever the server answers. */
  async #tell(ask: () => Promise<unknown>): Promise<void> {
    await ask().catch(() => undefined)
  }

  /** Microphone first: nobody's phone rings for a call that cannot be spoken in. */
  async #prepare(ask: () => Promise<{ call?: WireCall }>): Promise<void> {
    const attempt = this.#attempt
    try {
      const hasCamera = await this.#media.open(this.#withCamera)
      if (attempt !== this.#attempt) return
      this.#patch({ cameraOff: !hasCamera, notice: this.#withCamera && !hasCamera ? 'calls.noCamera' : '' })
      const { call } = await ask()
      if (attempt === this.#attempt) await this.#granted(call)
      else if (call !== undefined) await this.#abandon(call.call)
    } catch (error) {
      if (attempt !== this.#attempt) return
      this.#media.close()
      const message = error instanceof RpcError || error instanceof Error ? error.message : ''
      this.#dispatch({ type: 'refused', error: message })
    }
  }

  async #granted(call: WireCall | undefined): Promise<void> {
    this.#ready = true
    this.#changed(call)
    const view = get(this.#view)
    if (view.phase === 'connecting') this.#openPath(view)
    if (this.#release !== null || call === undefined || view.phase === 'ended') return
    const attempt = this.#attempt
    const release = await this.#dependencies.claim(call.call)
    if (attempt === this.#attempt) this.#hold(release)
    else release?.()
  }

  /** The person hung up before the server had answered. */
  async #abandon(call: string): Promise<void> {
    await this.#tell(() => this.#dependencies.context.call(CallsService.method.hangUp, { call }))
  }

  #openPath(view: CallView): void {
    if (!this.#ready || this.#path !== null) return
    const offerer = view.outgoing
    this.#path = this.#dependencies.peers.open({
      session: view.call,
      offerer,
      again: this.#resumed,
      prepare: (connection) => {
        this.#media.attach(connection, offerer)
      },
      revive: () => this.#rejoin(view.call),
    })
    const path = this.#path
    path.status.subscribe((status) => {
      if (path === this.#path) this.#follow(status)
    })
  }

  #follow(status: PeerStatus): void {
    const { phase } = get(this.#view)
    if (status.phase === 'connected' && phase !== 'active')
      this.#dispatch({ type: 'connected', nowMs: this.#dependencies.context.clock.nowMs() })
    else if (status.phase === 'interrupted' && phase === 'active') this.#dispatch({ type: 'interrupted' })
    else if (status.phase === 'gone') void this.#catchUp()
    if (status.phase !== 'connected') return
    const { path, loss, roundTripMs } = status
    this.#patch({ path, loss, roundTripMs, ...(path === 'unknown' ? {} : qualityOf(status)) })
  }

  /** Opens the session anew on a server that was restarted; false when the call is over. */
  async #rejoin(call: string): Promise<boolean> {
    const { context } = this.#dependencies
    return context.call(CallsService.method.rejoin, { call }, { deadlineMs: Infinity }).then(
      () => true,
      () => false,
    )
  }

  /** Changes what is shown of a call under way, not where it stands. */
  #patch(patch: Partial<CallView>): void {
    const view = get(this.#view)
    if (view.phase !== 'idle' && view.phase !== 'ended') this.#view.set({ ...view, ...patch })
  }
}
