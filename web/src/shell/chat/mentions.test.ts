import { describe, expect, it } from 'vitest'
import { initials, peopleLike, wordBefore } from './completion'
import { mentionsIn, textPieces } from './mentions'

const person = (user: string, name: string, handle: string) => ({
  user,
  name,
  handle,
  picture: '',
  about: '',
})

describe('who is meant in a text', () => {
  it('is found where the name stands, in code points', () => {
    const meant = new Map([
      ['Lin', 'u1'],
      ['Lin Jing', 'u2'],
    ])
    expect(mentionsIn('🥟 @Lin Jing and @Lin', meant)).toEqual([
      { user: 'u2', start: 2, length: 9 },
      { user: 'u1', start: 16, length: 4 },
    ])
    expect(mentionsIn('nobody', meant)).toEqual([])
  })

  it('is nobody who was only written', () => {
    expect(mentionsIn('@Lin', new Map())).toEqual([])
  })

  it('is at most as many as the server takes', () => {
    expect(mentionsIn('@Bo '.repeat(60), new Map([['Bo', 'u']]))).toHaveLength(50)
  })

  it('is drawn as a piece of its own, beside links', () => {
    const text = '🥟 @Lin: https://lane.example/'
    expect(textPieces(text, [{ user: 'u1', start: 2, length: 4 }])).toEqual([
      { kind: 'text', text: '🥟 ' },
      { kind: 'mention', text: '@Lin', user: 'u1' },
      { kind: 'text', text: ': ' },
      { kind: 'link', text: 'https://lane.example/', href: 'https://lane.example/' },
    ])
  })

  it('keeps its place behind code, and is none in it', () => {
    const text = '`🥟 @Bo` @Bo'
    const mentions = [
      { user: 'u1', start: 3, length: 3 },
      { user: 'u2', start: 8, length: 3 },
    ]
    expect(textPieces(text, mentions)).toEqual([
      { kind: 'code', text: '🥟 @Bo' },
      { kind: 'text', text: ' ' },
      { kind: 'mention', text: '@Bo', user: 'u2' },
    ])
  })

  it('is nobody beyond the end, before the beginning, or in a place that is taken', () => {
    const bad = [
      { user: 'u1', start: 0, length: 3 },
      { user: 'u2', start: 1, length: 2 },
      { user: 'u3', start: 3, length: 9 },
      { user: 'u4', start: 4, length: 0 },
    ]
    expect(textPieces('@Bo hi', bad)).toEqual([
      { kind: 'mention', text: '@Bo', user: 'u1' },
      { kind: 'text', text: ' hi' },
    ])
  })
})

describe('the word before the caret', () => {
  const word = (text: string) => wordBefore(text, text.length)

  it('is a person after an @, in Chinese too, and not in an address', () => {
    expect(word('hi @li')).toEqual({ kind: 'person', query: 'li', from: 3 })
    expect(word('@')).toEqual({ kind: 'person', query: '', from: 0 })
    expect(word('你好@林')).toEqual({ kind: 'person', query: '林', from: 2 })
    expect(word('lin@lane')).toBe(undefined)
  })

  it('is an emoji after a colon and two letters, or one character', () => {
    expect(word('fine :sm')).toEqual({ kind: 'emoji', query: 'sm', from: 5 })
    expect(word(':笑')).toEqual({ kind: 'emoji', query: '笑', from: 0 })
    expect(word('at 12:30')).toBe(undefined)
    expect(word('a:b')).toBe(undefined)
    expect(word('https:')).toBe(undefined)
  })

  it('ends at the caret', () => {
    expect(wordBefore('@lin and more', 4)).toEqual({ kind: 'person', query: 'lin', from: 0 })
    expect(wordBefore('@lin and more', 8)).toBe(undefined)
  })
})

describe('people are found', () => {
  const people = [
    person('u1', '林静', 'lin'),
    person('u2', 'Bo Chen', 'bochen'),
    person('u3', 'Chen Li', 'cl'),
  ]
  const found = (query: string) =>
    peopleLike(query, people).map((one) => (one.kind === 'person' ? one.user : ''))

  it('by name, by a word of it, by handle, by pinyin letters', () => {
    expect(found('林')).toEqual(['u1'])
    expect(found('lj')).toEqual(['u1'])
    expect(found('chen')).toEqual(['u3', 'u2'])
    expect(found('boc')).toEqual(['u2'])
    expect(found('')).toEqual(['u1', 'u2', 'u3'])
    expect(found('zz')).toEqual([])
  })

  it('by the first letters of what a name is made of', () => {
    expect([initials('林静'), initials('Lin Jing')]).toEqual(['lj', 'lj'])
  })
})
