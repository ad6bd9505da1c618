import { describe, expect, it } from 'vitest'
import { PLAIN } from '../../model/message'
import type { Message, Timeline } from '../../model/types'
import { newestOf, Reading } from './reading.svelte'

const message = (seq: number, mine = false): Message => ({
  id: `m${seq}`,
  seq,
  author: mine ? 'me' : 'lin',
  mine,
  atMs: seq,
  body: { kind: 'text', text: 'x' },
  delivery: 'sent',
  ...PLAIN,
})

const timeline = (messages: Message[]): Timeline => ({
  log: 'chat:1',
  messages,
  hasMore: false,
  hasNewer: false,
  loadingNewer: false,
  loadingOlder: false,
  readBefore: 0,
})

class Reader {
  readonly marks: number[] = []
  readonly reading: Reading
  #list: Message[] = []

  /** Opens a conversation with messages up to `newest`, of which the first `loaded` are there at once. */
  constructor(newest: number, readBefore: number, inView = newest, loaded = newest) {
    this.reading = new Reading({ readBefore, newest, mark: (seq) => this.marks.push(seq) })
    this.arrive(inView, ...Array.from({ length: loaded }, (_, n) => message(n + 1)))
  }

  arrive(inView: number, ...messages: Message[]): void {
    this.#list = [...this.#list, ...messages]
    const now = timeline(this.#list)
    this.reading.begin(now)
    this.reading.look(now, inView, inView === newestOf(this.#list))
  }
}

describe('the read mark', () => {
  it('moves to the newest message that is in view, once', () => {
    const reader = new Reader(3, 1)
    reader.arrive(3)
    expect(reader.marks).toEqual([3])
  })

  it('moves on while the reader scrolls down, and never back', () => {
    const reader = new Reader(9, 1, 4)
    reader.arrive(7)
    reader.arrive(5)
    expect(reader.marks).toEqual([4, 7])
    expect(reader.reading.below).toBe(2)
  })

  it('stays while the page is hidden', () => {
    const reader = new Reader(3, 1, 0)
    expect(reader.marks).toEqual([])
    expect(reader.reading.below).toBe(2)
  })

  it('knows nothing of messages that are not sent yet', () => {
    const reader = new Reader(1, 1)
    reader.arrive(1, { ...message(0, true), delivery: 'queued' })
    expect(reader.marks).toEqual([])
  })
})

describe('the line before what is new', () => {
  it('stands where the reader had stopped, and stays while more arrives', () => {
    const reader = new Reader(3, 1)
    reader.arrive(4, message(4))
    expect(reader.reading.lineAfter).toBe(1)
  })

  it('is not drawn for what arrives before the eyes of the reader', () => {
    const reader = new Reader(2, 2)
    reader.arrive(3, message(3))
    expect(reader.reading.lineAfter).toBe(3)
  })

  it('is drawn for what arrived while nobody looked', () => {
    const reader = new Reader(2, 2)
    reader.arrive(0, message(3))
    reader.arrive(3)
    expect(reader.reading.lineAfter).toBe(2)
  })

  it('goes when the reader answers', () => {
    const reader = new Reader(3, 1)
    reader.arrive(4, message(4, true))
    expect(reader.reading.lineAfter).toBe(4)
  })

  it('waits until the messages are there that the list knew of', () => {
    const reader = new Reader(3, 1, 1, 1)
    expect(reader.reading.lineAfter).toBe(-1)
    expect(reader.marks).toEqual([])
    reader.arrive(3, message(2), message(3))
    expect(reader.reading.lineAfter).toBe(1)
    expect(reader.marks).toEqual([3])
  })
})
