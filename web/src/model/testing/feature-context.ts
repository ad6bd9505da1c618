/** For tests of features: a `FeatureContext` whose server is a function and whose time is turned by hand. */
import { create, type DescMessage, type DescMethodUnary } from '@bufbuild/protobuf'
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { Call, Clock, FeatureContext, FeatureStorage, LogEvent } from '../feature'
import { Value } from '../observable'
import type { ConversationSummary, LinkState, Session } from '../types'

export class ManualClock implements Clock {
  #nowMs = 1_800_000_000_000
  #timers: { atMs: number; run: () => void }[] = []

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((candidate) => candidate !== timer)
    }
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((candidate) => candidate !== due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.run()
    }
    this.#nowMs = endMs
  }
}

type Answer = (request: never) => unknown

export class FakeContext implements FeatureContext {
  readonly link = new Value<LinkState>('connecting')
  readonly session: Value<Session | null | undefined>
  readonly conversations = new Value<ConversationSummary[] | undefined>([])
  readonly clock = new ManualClock()
  /** Names of the methods that were called, in order. */
  readonly called: string[] = []
  readonly files = {
    url: () => Promise.reject(new Error('not here')),
    upload: (_file: Blob): Promise<string> => Promise.resolve('blob'),
    save: () => Promise.resolve(),
  }
  readonly storage: FeatureStorage
  readonly kept: Map<string, unknown>
  readonly history: { log: string; schema: DescMessage; body: unknown }[] = []
  readonly #answers = new Map<string, Answer>()
  readonly #notices: { schema: DescMessage; handle: (body: never) => void }[] = []
  readonly #events: { schema: DescMessage; handle: (event: LogEvent, body: never) => void }[] = []
  #random = 0

  /** `kept` is what an earlier page of the same browser has stored. */
  constructor(user: string, device: string, kept = new Map<string, unknown>()) {
    const me = { user, handle: user, name: user, picture: '', about: '' }
    this.session = new Value<Session | null | undefined>({ me, device, admin: false })
    this.kept = kept
    this.storage = {
      get: (key) => Promise.resolve(kept.get(key)),
      put: (key, value) => Promise.resolve(void kept.set(key, value)),
      delete: (key) => Promise.resolve(void kept.delete(key)),
      keys: () => Promise.resolve([...kept.keys()]),
    }
  }

  /** What the server answers; throwing refuses. */
  answer<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    answer: (
      request: MessageInitShape<Input>,
    ) => MessageInitShape<Output> | Promise<MessageInitShape<Output>>,
  ): void {
    this.#answers.set(method.name, answer)
  }

  readonly call: Call = async (method, request) => {
    this.called.push(method.name)
    const answer = this.#answers.get(method.name)
    if (answer === undefined) throw new Error(`the test does not expect ${method.name}`)
    return create(method.output, (await answer(request as never)) as never)
  }

  /** The server says something to this device. */
  notice<Desc extends DescMessage>(schema: Desc, body: MessageInitShape<Desc>): void {
    for (const each of this.#notices) if (each.schema === schema) each.handle(create(schema, body) as never)
  }

  /** An event arrives in a log. */
  event<Desc extends DescMessage>(
    schema: Desc,
    body: MessageInitShape<Desc>,
    { log = 'chat:1', author = 'them', atMs = this.clock.nowMs() } = {},
  ): void {
    const whole = create(schema, body)
    this.history.push({ log, schema, body: whole })
    const nothing = new Uint8Array(0)
    const event = { log, seq: this.history.length, kind: 0, author, atMs, key: nothing, body: nothing }
    for (const each of this.#events) if (each.schema === schema) each.handle(event, whole as never)
  }

  onNotice<Desc extends DescMessage>(schema: Desc, handle: (body: MessageShape<Desc>) => void): () => void {
    this.#notices.push({ schema, handle: handle })
    return () => undefined
  }

  onEvent<Desc extends DescMessage>(
    schema: Desc,
    handle: (event: LogEvent, body: MessageShape<Desc>) => void,
  ): () => void {
    this.#events.push({ schema, handle: handle })
    return () => undefined
  }

  events<Desc extends DescMessage>(
    log: string,
    schema: Desc,
  ): Promise<{ event: LogEvent; body: MessageShape<Desc> }[]> {
    const found = this.history.filter((each) => each.log === log && each.schema === schema)
    return Promise.resolve(
      found.map(({ body }) => ({ event: {} as LogEvent, body: body as MessageShape<Desc> })),
    )
  }

  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => (this.#random = (this.#random * 167 + 41) & 255))
  }
}
