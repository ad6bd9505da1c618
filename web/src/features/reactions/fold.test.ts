import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { PLAIN } from '../../model/message'
import type { LogEvent, TimelineFold } from '../../model/feature'
import type { Message } from '../../model/types'
import { ReactedSchema } from '../../schema/reactions_pb'
import { folds, NAME, react, reactionsOf, type Reactions } from './fold'

const message: Message = {
  id: 'm', seq: 5, author: 'lin', mine: false, atMs: 0, body: { kind: 'text', text: 'hello' },
  ...PLAIN, delivery: 'sent',
} // prettier-ignore

/** The one row of a conversation, as the model hands it to a fold. */
class OneMessage implements TimelineFold {
  readonly log = 'chat:1'
  readonly me = 'me'
  message = message
  row = (seq: number): Message | undefined => (seq === this.message.seq ? this.message : undefined)
  setExtra(_seq: number, extra: unknown): void {
    this.message = { ...this.message, extras: { [NAME]: extra } }
  }
  addRow(): void {
    throw new Error('a reaction is no row of its own')
  }
  findRow(): undefined {
    return undefined
  }
  setData(): void {
    throw new Error('a reaction has no row')
  }
  apply(author: string, seq: number, emoji: string, on: boolean): void {
    const event: LogEvent = {
      log: this.log, seq: 9, kind: 901, author, atMs: 0, key: new Uint8Array(), body: new Uint8Array(),
    } // prettier-ignore
    for (const fold of folds) fold.apply(this, event, create(ReactedSchema, { seq, emoji, on }))
  }
}

describe('the fold', () => {
  it('gathers users for each emoji, and lets them go again', () => {
    const timeline = new OneMessage()
    timeline.apply('lin', 5, '👍', true)
    timeline.apply('bo', 5, '👍', true)
    timeline.apply('bo', 5, '🎉', true)
    expect(reactionsOf(timeline.message)).toEqual(
      new Map([
        ['👍', ['lin', 'bo']],
        ['🎉', ['bo']],
      ]),
    )
    timeline.apply('lin', 5, '👍', false)
    timeline.apply('bo', 5, '🎉', false)
    expect(reactionsOf(timeline.message)).toEqual(new Map([['👍', ['bo']]]))
  })

  it('leaves messages alone that are not loaded', () => {
    const timeline = new OneMessage()
    timeline.apply('lin', 4, '👍', true)
    expect(timeline.message).toBe(message)
  })
})

describe('react', () => {
  const before: Reactions = new Map([['👍', ['lin']]])

  it('changes nothing when it is so already', () => {
    expect(react(before, '👍', 'lin', true)).toBe(before)
    expect(react(before, '👍', 'bo', false)).toBe(before)
    expect(react(before, '🎉', 'lin', false)).toBe(before)
  })

  it('leaves the old state as it was', () => {
    react(before, '👍', 'bo', true)
    react(before, '👍', 'lin', false)
    expect(before).toEqual(new Map([['👍', ['lin']]]))
  })
})
