/** What moves whole carrier messages: a WebSocket, or POST requests. What is in them is sealed (SEAL1). */
export interface Carrier {
  /** Only after `onOpen` and before `onClose`; a carrier that broke in between drops it silently. */
  send(message: Uint8Array<ArrayBuffer>): void
  /** How much was given to `send` and has not left this machine yet. */
  waitingBytes(): number
  /** Ends the carrier; `onClose` is not called for it. */
  close(): void
}

export interface CarrierEvents {
  onOpen(): void
  onMessage(message: Uint8Array<ArrayBuffer>): void
  /** Less than `LOW_WATER_BYTES` wait again, after `waitingBytes` said that more did. */
  onDrained(): void
  /** It ended, or could not be opened. The last call. */
  onClose(): void
}

/** Begins to open a carrier; never calls back before it returned. */
export type OpenCarrier = (events: CarrierEvents) => Carrier

/** SEAL13: bulk waits until less than this waits in the carrier. */
export const LOW_WATER_BYTES = 32 * 1024
/** SEAL1. */
export const CARRIER_MESSAGE_BYTES_MAX = 17_000
