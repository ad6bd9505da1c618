import type { OpenCarrier } from './carrier'

const SUBPROTOCOL = 'hutong.1' // CONN2

/** Carries packets over a WebSocket. `url` is absolute, ends in `/link` and begins with ws: or wss:. */
export function webSocketCarrier(url: string): OpenCarrier {
  return (events) => {
    const socket = new WebSocket(url, SUBPROTOCOL)
    socket.binaryType = 'arraybuffer'
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      socket.close()
      events.onClose()
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
      close() {
        ended = true
        socket.close()
      },
    }
  }
}
