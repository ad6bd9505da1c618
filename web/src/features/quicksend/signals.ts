/**
 * What `Peers` takes for the server: its three questions, asked of the other end under the code's key. So
 * DTLS fingerprints travel sealed, and a server that changes them is found out (QUICK12).
 */
import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import { readable } from 'svelte/store'
import type { Call, FeatureContext } from '../../model/feature'
import {
  FetchReplySchema,
  GetIceServersReplySchema,
  Peers as PeersService,
  SaidSchema,
  SayReplySchema,
  type SayRequestSchema,
  type Said,
  type Signal,
} from '../../schema/peers_pb'
import type { RelaysReply } from '../../schema/quicksend_pb'

export const SESSION = 'quick'
/** The oldest go beyond it; they are of connections of the past. */
const SIGNALS_MAX = 256

export interface SignalCarrier {
  say(signal: Signal): Promise<void>
  relays(): Promise<RelaysReply>
}

export class Signals {
  readonly context: FeatureContext
  readonly #carrier: SignalCarrier
  readonly #said: Said[] = []
  #number = 0
  #handle: (said: Said) => void = () => undefined

  constructor(context: FeatureContext, carrier: SignalCarrier) {
    this.#carrier = carrier
    const call: Call = async (method, request) =>
      // Whatever is answered has the method's own reply type: it is picked by the method.
      (await this.#answer(method, create(method.input, request))) as MessageShape<typeof method.output>
    this.context = {
      ...context,
      call,
      link: readable('online' as const),
      onNotice: (_schema, handle) => {
        this.#handle = handle as unknown as (said: Said) => void
        return () => undefined
      },
    }
  }

  /** The other end said something. */
  heard(signal: Signal): void {
    this.#number += 1
    const said = create(SaidSchema, { session: SESSION, number: this.#number, signal })
    this.#said.push(said)
    if (this.#said.length > SIGNALS_MAX) this.#said.shift()
    this.#handle(said)
  }

  async #answer(method: { input: DescMessage; name: string }, request: unknown): Promise<unknown> {
    switch (method.name) {
      case PeersService.method.say.name: {
        const { signal } = request as MessageShape<typeof SayRequestSchema>
        if (signal !== undefined) await this.#carrier.say(signal)
        return create(SayReplySchema)
      }
      case PeersService.method.fetch.name: {
        const { after } = request as { after: number }
        return create(FetchReplySchema, { said: this.#said.filter(({ number }) => number > after) })
      }
      case PeersService.method.getIceServers.name: {
        const { servers, expiresAtMs } = await this.#carrier.relays()
        return create(GetIceServersReplySchema, { servers, expiresAtMs })
      }
      default:
        throw new Error('a quick send has no such method')
    }
  }
}
