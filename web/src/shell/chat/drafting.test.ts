import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Drafting } from './drafting'

let said: string[]
let drafting: Drafting

beforeEach(() => {
  vi.useFakeTimers()
  said = []
  drafting = new Drafting(
    {
      saveDraft: (_log, text) => void said.push(`draft ${text}`),
      setTyping: (_log, typing) => void said.push(typing ? 'typing' : 'resting'),
    },
    'chat:1',
  )
})
afterEach(() => vi.useRealTimers())

it('saves once the keys rest, and says "typing" once', () => {
  drafting.changed('h')
  drafting.changed('he')
  vi.advanceTimersByTime(500)
  expect(said).toEqual(['typing', 'draft he'])
})

it('withdraws "typing" after a while of nothing', () => {
  drafting.changed('h')
  vi.advanceTimersByTime(5000)
  expect(said).toEqual(['typing', 'draft h', 'resting'])
})

it('forgets the draft when it is sent, also one that was about to be saved', () => {
  drafting.changed('hello')
  drafting.sent()
  vi.advanceTimersByTime(5000)
  expect(said).toEqual(['typing', 'draft ', 'resting'])
})

it('saves at once when the conversation is left', () => {
  drafting.leave('half a sen')
  expect(said).toEqual(['draft half a sen'])
})
