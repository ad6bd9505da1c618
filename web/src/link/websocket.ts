import { LOW_WATER_BYTES, type OpenCarrier } from './carrier'

const SUBPROTOCOL = 'hutong.1' // CONN2
/** Browsers do not tell when a socket's buffer has emptied: it is looked at again and again while bulk waits. */
const LOOK_AGAIN_MS = 4

/** Carries sealed messages over a WebSocket. `url` is absolute and begins with ws: or wss:. */
export function webSocketCarrier(url: string): OpenCarrier {
  return (events) => {
    const socket = new WebSocket(url, SUBPROTOCOL)
    socket.binaryType = 'arraybuffer'
    let ended = false
    let looking: ReturnType<typeof setTimeout> | undefined
    const stop = (): void => {
      ended = true
      clearTimeout(looking)
      socket.close()
    }
    const end = (): void => {
      if (ended) return
      stop()
      events.onClose()
    }
    const look = (): void => {
      looking = undefined
      if (socket.bufferedAmount < LOW_WATER_BYTES) events.onDrained()
      else looking = setTimeout(look, LOOK_AGAIN_MS)
    }
    socket.onopen = () => {
      if (!ended) events.onOpen()
    }
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (ended) return
      if (message.data instanceof ArrayBuffer) events.onMessage(new Uint8Array(message.data))
      else end() // CONN2: a text message is a protocol error
    }
    socket.onclose = end
    socket.onerror = end
    return {
      send(message) {
        if (!ended && socket.readyState === WebSocket.OPEN) socket.send(message)
      },
      waitingBytes() {
        const { bufferedAmount } = socket
        if (bufferedAmount >= LOW_WATER_BYTES && !ended) looking ??= setTimeout(look, LOOK_AGAIN_MS)
        return bufferedAmount
      },
      close: stop,
    }
  }
}
