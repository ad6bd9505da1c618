import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../link/bytes'
import { PLAIN } from '../../model/message'
import type { Message } from '../../model/types'
import { PreviewSchema, SettledSchema } from '../../schema/direct_pb'
import { Outgoing } from './outgoing'
import { PreviewReceiver, SHOWN_MAX } from './receiving'
import { decode, DirectError, encode, fit, TEXT_CHARACTERS_MAX } from './record'
import { PreviewSender } from './sending'

interface Step {
  do: 'receive' | 'event' | 'channel' | 'expire' | 'jumped'
  nowMs: number
  record?: string
  refused?: boolean
  seq?: number
  words?: { text: string; replyTo: number } | null
  ahead?: boolean
  head?: number
  shown: { number: number; text: string; replyTo: number; state: string }[]
}

const FILE = resolve(import.meta.dirname, '../../../../schema/vectors/direct.json')
const RUNS = JSON.parse(readFileSync(FILE, 'utf8')) as { head: number; steps: Step[] }[]

const bytes = (hex: string): ArrayBuffer => fromHex(hex).slice().buffer

function play(receiver: PreviewReceiver, step: Step): void {
  if (step.do === 'receive') {
    const receive = (): void => receiver.receive(bytes(step.record ?? ''), step.nowMs)
    if (step.refused === true) expect(receive).toThrow(DirectError)
    else receive()
  } else if (step.do === 'event') expect(receiver.event(step.seq ?? 0, step.words ?? null)).toBe(step.ahead)
  else if (step.do === 'channel') receiver.channel()
  else if (step.do === 'expire') receiver.expire(step.nowMs)
  else receiver.jumped(step.head ?? 0)
}

describe('the listener', () => {
  it.each(RUNS.map((run, number) => ({ number, ...run })))(
    'shows what the one in Python shows, run $number',
    ({ head, steps }) => {
      const receiver = new PreviewReceiver(head)
      for (const step of steps) {
        play(receiver, step)
        const shown = receiver.arriving.map(({ number, words, state }) => ({ number, ...words, state }))
        expect(shown).toEqual(step.shown)
      }
    },
  )

  it('is not flooded (DIRECT12)', () => {
    const receiver = new PreviewReceiver(0)
    const flood = (): void => {
      for (let count = 1; count < 400; count++) {
        const value = create(PreviewSchema, { count, text: `${count}` })
        receiver.receive(encode({ case: 'preview', value }).buffer, 0)
      }
    }
    expect(flood).toThrow(DirectError)
    expect(receiver.arriving).toHaveLength(SHOWN_MAX)
  })

  it('takes no text of a length that is not allowed (DIRECT12)', () => {
    for (const text of ['', 'x'.repeat(TEXT_CHARACTERS_MAX + 1), '👋'.repeat(TEXT_CHARACTERS_MAX + 1)]) {
      expect(fit({ text, replyTo: 0 })).toBe(false)
      const value = create(PreviewSchema, { count: 1, text })
      expect(() => decode(encode({ case: 'preview', value }).buffer)).toThrow(DirectError)
    }
    expect(fit({ text: '👋'.repeat(TEXT_CHARACTERS_MAX), replyTo: 0 })).toBe(true)
  })
})

describe('what one says', () => {
  const row = (id: string, more: Partial<Message> = {}): Message => ({
    ...PLAIN,
    id,
    seq: 0,
    author: 'me',
    mine: true,
    atMs: 0,
    body: { kind: 'text', text: id },
    delivery: 'queued',
    ...more,
  })
  const told = (records: Uint8Array<ArrayBuffer>[]): unknown[] =>
    records.map((record) => {
      const { case: kind, value } = decode(record.slice().buffer)
      if (kind === 'preview') return [value.count, value.after, value.text]
      return kind === 'settled' ? [value.count, value.seq] : kind
    })
  const speaking = (...before: Message[]): Outgoing => {
    const outgoing = new Outgoing()
    outgoing.follow(before, 7, 0)
    outgoing.begin()
    return outgoing
  }

  it('goes ahead once, and its place in the log after it (DIRECT3, DIRECT9)', () => {
    const outgoing = speaking()
    expect(told(outgoing.follow([row('a')], 7, 0))).toEqual([[1, 7, 'a']])
    expect(told(outgoing.follow([row('a'), row('b')], 7, 0))).toEqual([[2, 7, 'b']])
    const acknowledged = row('a', { seq: 8, delivery: 'sent' })
    expect(told(outgoing.follow([acknowledged, row('b')], 8, 0))).toEqual([[1, 8]])
    const refused = row('b', { delivery: 'failed' })
    expect(told(outgoing.follow([acknowledged, refused], 8, 0))).toEqual([[2, 0]])
  })

  it('does not go ahead when it waits from before, or is tried again: it may be in the log (DIRECT8)', () => {
    const outgoing = speaking(row('old'))
    expect(outgoing.follow([row('old')], 7, 0)).toEqual([])
    outgoing.follow([row('a')], 7, 0)
    outgoing.follow([row('a', { delivery: 'failed' })], 7, 0)
    expect(outgoing.follow([row('a')], 7, 0)).toEqual([])
  })

  it('goes by the server alone when it is no text, when nobody is there, or when it is taken back', () => {
    const outgoing = speaking()
    expect(outgoing.follow([row('p', { body: { kind: 'recalled' } })], 7, 0)).toEqual([])
    expect(outgoing.follow([row('a')], 7, 0)).toHaveLength(1)
    expect(outgoing.follow([], 7, 0)).toEqual([])
    outgoing.end()
    expect(outgoing.follow([row('b')], 7, 0)).toEqual([])
  })

  it('keeps to what the listener allows (DIRECT3)', () => {
    const sender = new PreviewSender()
    const say = (nowMs: number): unknown => sender.say({ text: 'x', replyTo: 0 }, 7, nowMs)
    for (let n = 0; n < 10; n++) expect(say(0)).not.toBeNull()
    expect(say(0)).toBeNull()
    expect(say(1_000)).not.toBeNull()
    expect(sender.settle(1, 8)).toEqual(
      encode({ case: 'settled', value: create(SettledSchema, { count: 1, seq: 8 }) }),
    )
    expect(sender.settle(1, 8)).toBeNull()
  })
})
