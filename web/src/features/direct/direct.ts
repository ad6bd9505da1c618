/**
 * Direct text in the conversation that is open on this page: what one says is at the other device before the server
 * has it. The log stays the truth (docs/protocol/direct-text.md).
 */
import { writable } from 'svelte/store'
import type { FeatureContext } from '../../model/feature'
import type { LinkState, Message } from '../../model/types'
import { ContactChangedSchema } from '../../schema/contacts_pb'
import { MessageSentSchema } from '../../schema/chat_pb'
import { Direct, MetSchema, PartedSchema, type Met } from '../../schema/direct_pb'
import { AccountChangedSchema } from '../../schema/preferences_pb'
import type { Peers, Release } from '../peers/api'
import type { DirectApi, DirectView } from './api'
import { DirectChannel, type Ear } from './channel'
import { Outgoing } from './outgoing'
import { PreviewReceiver } from './receiving'

/** The server forgets who has not said it for ten minutes. */
const ATTEND_AGAIN_MS = 240_000
/** Marks beside the messages on the screen. */
const AHEAD_MAX = 500

const NOTHING: DirectView = { log: '', open: false, arriving: [], below: 0, ahead: new Set() }

/** What is open is forgotten with the screen that shows it. */
interface Shown {
  readonly log: string
  readonly peer: string
  readonly receiver: PreviewReceiver
  readonly outgoing: Outgoing
}

export class DirectText implements DirectApi, Ear {
  readonly view = writable<DirectView>(NOTHING)
  readonly #context: FeatureContext
  readonly #peers: Peers
  readonly #claim: (session: string) => Promise<Release | null>
  #claiming = ''
  #release: Release = () => undefined
  #shown: Shown | null = null
  #channel: DirectChannel | null = null
  #ahead: ReadonlySet<number> = new Set()
  #below = 0
  #link: LinkState = 'connecting'
  #cancelAgain = (): void => undefined
  #cancelFade = (): void => undefined

  constructor(context: FeatureContext, peers: Peers, claim: (session: string) => Promise<Release | null>) {
    this.#context = context
    this.#peers = peers
    this.#claim = claim
    context.onNotice(MetSchema, (met) => void this.#met(met))
    context.onNotice(PartedSchema, ({ session }) => {
      if (session === this.#channel?.session || session === this.#claiming) this.#part()
    })
    // Whoever was blocked, or does not want this any more, is met no longer: the server decides anew.
    context.onEvent(ContactChangedSchema, () => this.#attend())
    context.onEvent(AccountChangedSchema, () => this.#attend())
    context.onEvent(MessageSentSchema, (event, { content }) => {
      const shown = this.#shown
      if (shown?.log !== event.log) return
      const theirs = event.author === shown.peer && content?.kind.case === 'text'
      const words = theirs ? { text: content.kind.value as string, replyTo: content.replyTo } : null
      if (shown.receiver.event(event.seq, words))
        this.#ahead = new Set([...this.#ahead, event.seq].slice(-AHEAD_MAX))
      this.#changed()
    })
    context.link.subscribe((link) => {
      const back = link === 'online' && this.#link !== 'online'
      this.#link = link
      if (!back) return
      // What was missed may have been skipped (LOG13), and the server has forgotten who attends.
      this.#shown?.receiver.jumped(this.#newest(this.#shown.log))
      this.#changed()
      this.#attend()
    })
    context.session.subscribe((session) => {
      if (session === null) this.#hide()
    })
  }

  show(log: string, peer: string): () => void {
    this.#hide()
    const shown = { log, peer, receiver: new PreviewReceiver(this.#newest(log)), outgoing: new Outgoing() }
    this.#shown = shown
    this.#attend()
    return () => {
      if (this.#shown !== shown) return
      this.#hide()
      this.#say('')
    }
  }

  follow(log: string, messages: readonly Message[], hasNewer: boolean): void {
    const shown = this.#shown
    if (shown?.log !== log) return
    const newest = messages.findLast(({ seq }) => seq > 0)
    this.#below = hasNewer ? 0 : (newest?.seq ?? 0)
    const after = Math.max(newest?.seq ?? 0, this.#newest(log))
    const records = shown.outgoing.follow(messages, after, this.#context.clock.nowMs())
    for (const record of records) this.#channel?.send(record)
    this.#changed()
  }

  // ---- the channel ----

  opened(): void {
    this.#shown?.outgoing.begin()
    this.#shown?.receiver.channel()
    this.#changed()
  }

  closed(): void {
    this.#shown?.outgoing.end()
    this.#changed()
  }

  heard(data: unknown): void {
    this.#shown?.receiver.receive(data, this.#context.clock.nowMs())
    this.#changed()
  }

  /** No direct path: leaves, so that the other end does not go on trying either. */
  failed(): void {
    this.#part()
    this.#say('')
  }

  gone(): void {
    this.#part()
  }

  // ---- steps ----

  /** All windows of a browser are one device: one of them takes the meeting. */
  async #met(met: Met): Promise<void> {
    const fits = (): boolean =>
      met.log === this.#shown?.log && met.user === this.#shown.peer && met.session !== this.#channel?.session
    if (!fits() || this.#claiming === met.session) return
    this.#claiming = met.session
    const release = await this.#claim(met.session)
    if (release === null) return
    // Something newer may have happened meanwhile.
    if (!fits() || this.#claiming !== met.session || this.#peers.free <= 0) {
      release()
      return
    }
    this.#part()
    this.#release = release
    this.#channel = new DirectChannel(met, this.#peers, this.#context.clock, this)
  }

  #part(): void {
    const channel = this.#channel
    this.#channel = null
    this.#claiming = ''
    channel?.close()
    this.#release()
    this.#release = () => undefined
    this.#shown?.outgoing.end()
    this.#changed()
  }

  #hide(): void {
    this.#cancelAgain()
    this.#part()
    this.#cancelFade()
    this.#shown = null
    this.#below = 0
    this.#ahead = new Set()
    this.view.set(NOTHING)
  }

  #attend(): void {
    this.#cancelAgain()
    const log = this.#shown?.log
    if (log === undefined || this.#link !== 'online') return
    this.#say(log)
    this.#cancelAgain = this.#context.clock.after(ATTEND_AGAIN_MS, () => this.#attend())
  }

  /** Said again in a while, and on the next connection: one that is lost is no harm. */
  #say(log: string): void {
    if (this.#link === 'online') this.#context.call(Direct.method.attend, { log }).catch(() => undefined)
  }

  #newest(log: string): number {
    let newest = 0
    this.#context.conversations.subscribe((all) => {
      newest = all?.find((each) => each.log === log)?.last?.seq ?? 0
    })()
    return newest
  }

  #changed(): void {
    const { clock } = this.#context
    this.#cancelFade()
    const shown = this.#shown
    if (shown === null) return
    const { arriving, deadlineMs } = shown.receiver
    if (arriving.length > 0)
      this.#cancelFade = clock.after(Math.max(0, deadlineMs - clock.nowMs()), () => {
        shown.receiver.expire(clock.nowMs())
        this.#changed()
      })
    const open = this.#channel?.open === true
    this.view.set({ log: shown.log, open, arriving, below: this.#below, ahead: this.#ahead })
  }
}
