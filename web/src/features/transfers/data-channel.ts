/** An RTCDataChannel as a line of a transfer. */
import { decode, encode, type Files, type Line } from './channel'
import type { Kind } from './protocol/sender'

/** In the browser's own buffer. */
const BUFFERED_BYTES_MAX = 1024 * 1024

/** Ties a channel to its end; `onState` hears when it opens and closes. */
export function tie(channel: RTCDataChannel, files: Files, onState: (open: boolean) => void): void {
  channel.binaryType = 'arraybuffer'
  channel.bufferedAmountLowThreshold = BUFFERED_BYTES_MAX / 4
  const line: Line = {
    get room() {
      return channel.bufferedAmount < BUFFERED_BYTES_MAX
    },
    // Between the break and its event the other end may still want to speak: what is lost is sent again.
    send: (message) => {
      if (channel.readyState === 'open') channel.send(encode(message))
    },
    close: () => channel.close(),
  }
  let isOpen = false
  // A first message may be heard before the event that says it could come.
  const opened = (): void => {
    if (isOpen) return
    isOpen = true
    onState(true)
    files.opened(line)
  }
  channel.addEventListener('bufferedamountlow', () => files.drained())
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    let message: Kind
    try {
      message = decode(data)
    } catch {
      channel.close() // the other side broke the rules; a new channel may do better
      return
    }
    opened()
    files.message(line, message)
  })
  channel.addEventListener('close', () => {
    files.closed(line)
    onState(false)
  })
  if (channel.readyState === 'open') opened()
  else channel.addEventListener('open', opened)
}
