/** Whether this browser is told when no page of it is open. The server keeps one subscription a device. */
import type { App } from '../../model/api'
import { RpcError, type FeatureContext } from '../../model/feature'
import { Value } from '../../model/observable'
import { Push as Rpc } from '../../schema/push_pb'
import type { PushBrowser } from './browser'

export const NAME = 'push'
const WANTED = 'wanted'

/** `blocked`: the person said no to the browser; only its settings can change that. */
export type PushState = 'unsupported' | 'install' | 'blocked' | 'off' | 'on'

export class PushModel {
  readonly state: Value<PushState>
  readonly #context: FeatureContext
  readonly #browser: PushBrowser
  /** What waits for what is under way: turning on and off quickly ends as the last press said. */
  #work: Promise<unknown> = Promise.resolve()

  constructor(context: FeatureContext, browser: PushBrowser) {
    this.#context = context
    this.#browser = browser
    this.state = new Value<PushState>(this.#resting())
    context.link.subscribe((link) => {
      if (link === 'online') this.#renew()
    })
    let signedIn = false
    context.session.subscribe((session) => {
      if (session) signedIn = true
      else if (session === null && signedIn) {
        signedIn = false
        this.#signedOut()
      }
    })
    browser.onRenewed(() => this.#renew())
  }

  /** Asks for permission, so it has to run inside a click. Resolves with whether pushes come now. */
  async turnOn(): Promise<boolean> {
    if ((await this.#browser.ask()) !== 'granted') {
      this.state.set(this.#resting())
      return false
    }
    await this.#next(async () => {
      await this.#subscribe()
      await this.#context.storage.put(WANTED, true)
      this.state.set('on')
    })
    return true
  }

  async turnOff(): Promise<void> {
    await this.#next(async () => {
      await this.#context.storage.delete(WANTED)
      this.state.set(this.#resting())
      await this.#browser.unsubscribe()
      await this.#context.call(Rpc.method.unsubscribe, {}).catch((error: unknown) => {
        // The push service ended it before.
        if (!(error instanceof RpcError && error.reason === 'not_subscribed')) throw error
      })
    })
  }

  /** Lets the server push once, so that the person sees that it works. */
  async test(): Promise<void> {
    await this.#context.call(Rpc.method.test, {})
  }

  /** On every start, because browsers and servers change their minds. What fails is tried by the next start. */
  #renew(): void {
    const work = this.#next(async () => {
      const wanted = (await this.#context.storage.get(WANTED)) === true
      if (!wanted || this.#resting() !== 'off') {
        this.state.set(this.#resting())
        return
      }
      await this.#subscribe()
      this.state.set('on')
    })
    void work.catch(() => undefined)
  }

  /** The server forgets with the device; the browser has to be told, for somebody else may sign in next. */
  #signedOut(): void {
    this.state.set(this.#resting())
    if (this.#browser.support() === 'yes' && this.#browser.permission() === 'granted')
      void this.#next(() => this.#browser.unsubscribe()).catch(() => undefined)
  }

  async #subscribe(): Promise<void> {
    const { key } = await this.#context.call(Rpc.method.key, {})
    const subscription = await this.#browser.subscribe(new Uint8Array(key))
    await this.#context.call(Rpc.method.subscribe, subscription)
  }

  #next(work: () => Promise<void>): Promise<void> {
    const next = this.#work.then(work, work)
    this.#work = next
    return next
  }

  #resting(): PushState {
    const support = this.#browser.support()
    if (support === 'install') return 'install'
    if (support === 'no') return 'unsupported'
    return this.#browser.permission() === 'denied' ? 'blocked' : 'off'
  }
}

export const pushModel = (app: App): PushModel => app.features.get(NAME) as PushModel
