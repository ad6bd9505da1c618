import type { OpenCarrier } from './carrier'
import { postCarrier } from './post'
import { webSocketCarrier } from './websocket'
import { isPost } from './ways'

/** The carrier that a way (`ways.ts`) stands for. */
export function carrierOf(way: string): OpenCarrier {
  return isPost(way) ? postCarrier(way) : webSocketCarrier(way)
}
