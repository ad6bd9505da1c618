/** Who is here now. The server is told whom the screen shows, and tells of their changes. */
import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { Value } from '../../model/observable'
import type { Observable } from '../../model/types'
import { PresenceChangedSchema, PresenceService, State, type Presence } from '../../schema/presence_pb'

export const NAME = 'presence'
/** The server takes no more (WATCHED_MAX). */
const WATCHED_MAX = 200
/** A screen that changes is one question, not one for each person on it. */
const GATHER_MS = 200

/** `seenAtMs` 0: unknown. */
export type Standing = { state: 'unknown' | 'online' } | { state: 'away'; seenAtMs: number }

const UNKNOWN: Standing = { state: 'unknown' }

export interface Visibility {
  visible(): boolean
  onChange(handle: () => void): void
}

export class PresenceModel {
  readonly #context: FeatureContext
  readonly #visibility: Visibility
  /** Those on the screen, and no others. */
  readonly #people = new Map<string, Value<Standing>>()
  #online = false
  #gathering = false
  /** Counts questions: the answer to an older one is not taken. */
  #asked = 0

  constructor(context: FeatureContext, visibility: Visibility) {
    this.#context = context
    this.#visibility = visibility
    context.onNotice(PresenceChangedSchema, ({ presence }) => presence && this.#take(presence))
    context.link.subscribe((link) => {
      this.#online = link === 'online'
      if (this.#online) {
        if (!visibility.visible()) this.#tellHere()
        this.#ask()
      } else for (const person of this.#people.values()) person.set(UNKNOWN)
    })
    visibility.onChange(() => this.#tellHere())
  }

  /** How somebody stands, for as long as it is looked at; of '', who is nobody, nothing is known. */
  of(user: string): Observable<Standing> {
    let person = this.#people.get(user)
    if (person === undefined) {
      const made: Value<Standing> = new Value<Standing>(UNKNOWN, (watched) => {
        if (watched) this.#people.set(user, made)
        else if (this.#people.get(user) === made) this.#people.delete(user)
        this.#gather()
      })
      person = made
    }
    return person
  }

  #gather(): void {
    if (this.#gathering) return
    this.#gathering = true
    this.#context.clock.after(GATHER_MS, () => {
      this.#gathering = false
      this.#ask()
    })
  }

  #ask(): void {
    if (!this.#online) return
    const number = ++this.#asked
    const users = [...this.#people.keys()].filter((user) => user !== '').slice(0, WATCHED_MAX)
    void this.#context.call(PresenceService.method.watch, { users }).then(
      ({ presences }) => {
        if (number === this.#asked) for (const presence of presences) this.#take(presence)
      },
      () => undefined, // nobody is shown as here; the next connection asks again
    )
  }

  #take({ user, state, seenAtMs }: Presence): void {
    const person = this.#people.get(user)
    if (state === State.ONLINE) person?.set({ state: 'online' })
    else if (state === State.AWAY) person?.set({ state: 'away', seenAtMs: Number(seenAtMs) })
    else person?.set(UNKNOWN)
  }

  #tellHere(): void {
    if (!this.#online) return
    const here = this.#visibility.visible()
    void this.#context.call(PresenceService.method.here, { here }).catch(() => undefined)
  }
}

export const presenceModel = (app: App): PresenceModel => app.features.get(NAME) as PresenceModel

export const thisPage = (): Visibility => ({
  visible: () => document.visibilityState === 'visible',
  onChange: (handle) => document.addEventListener('visibilitychange', handle),
})
