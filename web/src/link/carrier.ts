/** What moves whole byte messages: a WebSocket today, TLS or a tunnel tomorrow. */
export interface Carrier {
  /** Only after `onOpen` and before `onClose`; a carrier that broke in between drops it silently. */
  send(message: Uint8Array): void
  /** Ends the carrier; `onClose` is not called for it. */
  close(): void
}

export interface CarrierEvents {
  onOpen(): void
  onMessage(message: Uint8Array): void
  /** It ended, or could not be opened. The last call. */
  onClose(): void
}

/** Begins to open a carrier; never calls back before it returned. */
export type OpenCarrier = (events: CarrierEvents) => Carrier
