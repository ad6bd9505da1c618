import { expect, test } from 'vitest'
import { messages } from './messages'
import { qualityOf } from './quality'
import { sentence } from './sentence'
import { awaitsPerson, duration, endKey, outcomeKey } from './wording'

test('durations', () => {
  expect([0, 7, 187, 3765].map(duration)).toEqual(['0:00', '0:07', '3:07', '1:02:45'])
})

test('every outcome has a sentence in both languages, for both sides', () => {
  for (const outcome of ['', 'completed', 'declined', 'busy', 'noAnswer', 'cancelled', 'lost'] as const)
    for (const outgoing of [true, false])
      for (const dictionary of [messages.en, messages.zh])
        expect(dictionary[outcomeKey(outcome, outgoing)]).toBeTruthy()
})

test('both languages have the same keys', () => {
  expect(Object.keys(messages.zh).sort()).toEqual(Object.keys(messages.en).sort())
})

test('an error of the server is said as it is', () => {
  expect(endKey({ elsewhere: false, error: 'You are blocked.', outcome: '', outgoing: true })).toBe(
    'You are blocked.',
  )
  expect(endKey({ elsewhere: true, error: '', outcome: 'completed', outgoing: false })).toBe(
    'calls.elsewhere',
  )
})

test('what can be tried again waits for the person, what is simply over does not', () => {
  const over = { elsewhere: false, error: '', outgoing: true }
  for (const outcome of ['declined', 'busy', 'noAnswer', 'lost'] as const)
    expect(awaitsPerson({ ...over, outcome })).toBe(true)
  for (const outcome of ['', 'completed', 'cancelled'] as const)
    expect(awaitsPerson({ ...over, outcome })).toBe(false)
  expect(awaitsPerson({ ...over, outcome: 'declined', outgoing: false })).toBe(false)
  expect(awaitsPerson({ ...over, outcome: 'lost', outgoing: false })).toBe(true)
  expect(awaitsPerson({ ...over, outcome: 'lost', elsewhere: true })).toBe(false)
})

test('a row says how long it was, or who missed it', () => {
  const t = (key: string, values?: Readonly<Record<string, string | number>>) =>
    [key, ...Object.values(values ?? {})].join(' ')
  const row = {
    call: 'c',
    caller: 'a',
    video: false,
    outcome: 'completed',
    durationS: 65,
    path: 'direct',
  } as const
  expect(sentence(row, true, t)).toBe('calls.lasted calls.voice 1:05')
  expect(sentence({ ...row, outcome: 'noAnswer' }, true, t)).toBe('calls.noAnswer')
  expect(sentence({ ...row, outcome: 'noAnswer' }, false, t)).toBe('calls.missed')
})

test('quality is that of the weakest figure, with its cause', () => {
  expect(qualityOf({ loss: 0, concealed: 0, roundTripMs: 50 })).toEqual({ quality: 'good', qualityCause: '' })
  expect(qualityOf({ loss: 0.01, concealed: 0.03, roundTripMs: 50 }).quality).toBe('fair')
  expect(qualityOf({ loss: 0.01, concealed: 0.07, roundTripMs: 500 })).toEqual({
    quality: 'poor',
    qualityCause: 'gaps',
  })
  expect(qualityOf({ loss: 0, concealed: 0, roundTripMs: 900 })).toEqual({
    quality: 'poor',
    qualityCause: 'delay',
  })
})
