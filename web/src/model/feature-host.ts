/** What a feature's model stands on (`FeatureContext`), made of the parts of this one. */
import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { Notice } from '../schema/link_pb'
import { eventsBetween } from './database'
import type { FeatureContext, FeatureStorage, LogEvent, ModelFeature } from './feature'
import { decodeBody, kindOf } from './folds'
import type { Store } from './store'

/** Events `FeatureContext.events` looks through, and returns at most. */
const EVENTS_MAX = 500

type Handler = (body: Uint8Array, event: LogEvent | null) => void

/** Handlers by kind of event or notice. */
class Kinds {
  readonly #handlers = new Map<number, Set<Handler>>()

  add(kind: number, handler: Handler): () => void {
    const handlers = this.#handlers.get(kind) ?? new Set()
    this.#handlers.set(kind, handlers.add(handler))
    return () => handlers.delete(handler)
  }

  /** A kind nobody handles is ignored (CONN17). One handler's failure is not another's. */
  emit(kind: number, body: Uint8Array, event: LogEvent | null): void {
    for (const handler of [...(this.#handlers.get(kind) ?? [])]) {
      try {
        handler(body, event)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

export type SharedContext = Omit<FeatureContext, 'onNotice' | 'onEvent' | 'events' | 'storage'>

export class FeatureHost {
  readonly apis = new Map<string, unknown>()
  readonly #store: Store
  readonly #events = new Kinds()
  readonly #notices = new Kinds()

  constructor(store: Store) {
    this.#store = store
    store.listen(({ events }) => {
      for (const event of events) this.#events.emit(event.kind, event.body, event)
    })
  }

  create(features: readonly ModelFeature[], shared: SharedContext): void {
    for (const feature of features) {
      const context = { ...shared, ...this.#own(feature.name) }
      if (feature.create !== undefined) this.apis.set(feature.name, feature.create(context))
    }
  }

  /** Passes on what was said to whoever is connected. */
  notify(notices: readonly Notice[]): void {
    for (const { kind, body } of notices) this.#notices.emit(kind, body, null)
  }

  onNotice<Desc extends DescMessage>(schema: Desc, handle: (body: MessageShape<Desc>) => void): () => void {
    return this.#notices.add(kindOf(schema), (bytes) => {
      const body = decodeBody(schema, bytes)
      if (body !== null) handle(body)
    })
  }

  #own(name: string): Pick<FeatureContext, 'onNotice' | 'onEvent' | 'events' | 'storage'> {
    return {
      onNotice: (schema, handle) => this.onNotice(schema, handle),
      onEvent: (schema, handle) =>
        this.#events.add(kindOf(schema), (bytes, event) => {
          const body = decodeBody(schema, bytes)
          if (body !== null && event !== null) handle(event, body)
        }),
      events: (log, schema) => this.#stored(log, schema),
      storage: this.#storage(name),
    }
  }

  #stored<Desc extends DescMessage>(
    log: string,
    schema: Desc,
  ): Promise<{ event: LogEvent; body: MessageShape<Desc> }[]> {
    const kind = kindOf(schema)
    return this.#store.read(async (database) => {
      const found: { event: LogEvent; body: MessageShape<Desc> }[] = []
      const newest = this.#store.state.conversations.get(log)?.cursor ?? 0
      for (const event of await eventsBetween(database, log, newest - EVENTS_MAX + 1, newest)) {
        const body = event.kind === kind ? decodeBody(schema, event.body) : null
        if (body !== null) found.push({ event, body })
      }
      return found
    })
  }

  #storage(name: string): FeatureStorage {
    const { database } = this.#store
    return {
      get: (key) => database.get('features', [name, key]),
      put: async (key, value) => {
        await database.put('features', value, [name, key])
      },
      delete: (key) => database.delete('features', [name, key]),
      keys: async () => {
        const all = await database.getAllKeys('features', IDBKeyRange.bound([name], [name, []]))
        return all.map(([, key]) => key)
      },
    }
  }
}
