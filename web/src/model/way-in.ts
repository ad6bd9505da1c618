/** How this browser comes to its server: by which ways, and sealed to the keys it knows. */
import { carrierOf } from '../link/carriers'
import type { OpenChannel } from '../link/channel'
import { SealedChannel } from '../link/sealed/channel'
import { waysOf } from '../link/ways'
import type { Challenge } from '../schema/link_pb'
import type { Manifest } from '../schema/sealed_pb'
import type { Clock } from './feature'
import { randomBytes } from './random-bytes'
import type { ServerModel } from './server'

export class WayIn {
  readonly #linkUrl: string
  readonly #server: ServerModel
  readonly #clock: Clock
  #manifest: Manifest | null
  /** Where the server wants the next connection to go. */
  #route: Uint8Array = new Uint8Array()

  /** `manifest` is what an earlier page has learnt. */
  constructor(linkUrl: string, server: ServerModel, clock: Clock, manifest: Manifest | null) {
    this.#linkUrl = linkUrl
    this.#server = server
    this.#clock = clock
    this.#manifest = manifest
  }

  /** The ways there are at this moment, best first. */
  ways(): string[] {
    return waysOf(this.#linkUrl, this.#manifest)
  }

  readonly openChannel: OpenChannel = (way, events) =>
    new SealedChannel({
      open: carrierOf(way),
      identity: this.#server.identity,
      route: this.#route,
      clock: this.#clock,
      randomBytes,
      events,
    })

  /** The server speaks, on a connection by `way`: what it says of itself is for the next one. */
  challenged({ route }: Challenge, way: string): void {
    this.#route = route
    this.#server.reached(way)
    void this.#server.identity.manifest().then((newest) => (this.#manifest = newest))
  }
}
