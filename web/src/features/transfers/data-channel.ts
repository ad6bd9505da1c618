/** An RTCDataChannel as the transfer's ends want it. */
import type { ChannelMessage } from '../../schema/transfers_pb'
import { decode, type Channel } from './channel'
import { BUFFERED_BYTES_MAX } from './send'

export interface ChannelOwner {
  attach(channel: Channel): void
  detach(): void
  receive(message: ChannelMessage['kind']): void
  drained?(): void
}

/** Ties a channel to its owner; `onState` hears when it opens and closes. */
export function tie(channel: RTCDataChannel, owner: ChannelOwner, onState: (open: boolean) => void): void {
  channel.binaryType = 'arraybuffer'
  channel.bufferedAmountLowThreshold = BUFFERED_BYTES_MAX / 4
  const opened = (): void => {
    onState(true)
    owner.attach({
      get bufferedAmount() {
        return channel.bufferedAmount
      },
      // Between the break and its event the loop may still want to send: what is lost is sent again.
      send: (bytes) => {
        if (channel.readyState === 'open') channel.send(bytes)
      },
    })
  }
  channel.addEventListener('bufferedamountlow', () => owner.drained?.())
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    try {
      owner.receive(decode(data))
    } catch {
      channel.close() // the other side broke the rules; a new channel may do better
    }
  })
  channel.addEventListener('close', () => {
    owner.detach()
    onState(false)
  })
  if (channel.readyState === 'open') opened()
  else channel.addEventListener('open', opened)
}
