import { expect, test } from 'vitest'
import { encode, type Files } from './channel'
import { tie } from './data-channel'

class FakeChannel extends EventTarget {
  binaryType = ''
  bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  readyState = 'connecting'
  close(): void {
    this.dispatchEvent(new Event('close'))
  }
}

function tied() {
  const channel = new FakeChannel()
  const heard: string[] = []
  const files: Files = {
    opened: () => heard.push('opened'),
    closed: () => heard.push('closed'),
    restart: () => heard.push('restart'),
    drained: () => heard.push('drained'),
    message: (_line, { case: kind }) => heard.push(kind ?? ''),
  }
  tie(channel as unknown as RTCDataChannel, files, () => undefined)
  const say = (data: unknown) => channel.dispatchEvent(new MessageEvent('message', { data }))
  return { channel, heard, say }
}

test('a first message that is heard before the channel is said to be open is not lost', () => {
  const { channel, heard, say } = tied()
  say(encode({ case: 'ask', value: true }).slice().buffer)
  channel.dispatchEvent(new Event('open'))
  expect(heard).toEqual(['opened', 'ask'])
})

test('XFER11: what is no message closes the channel', () => {
  const { heard, say } = tied()
  say('text')
  expect(heard).toEqual(['closed'])
})
