import { describe, expect, it } from 'vitest'
import { isPossible, localTime, proposals, timeOf } from './when'

// A Wednesday, 21:30 local time.
const now = new Date(2026, 10, 18, 21, 30).getTime()

describe('times to send at', () => {
  it('go through the field as they are, to the minute', () => {
    expect(timeOf(localTime(now))).toBe(now)
    expect(timeOf('')).toBeNaN()
  })

  it('lie in the future, within a year', () => {
    expect(isPossible(now, now)).toBe(false)
    expect(isPossible(now + 60_000, now)).toBe(true)
    expect(isPossible(now + 366 * 86_400_000, now)).toBe(false)
    expect(isPossible(Number.NaN, now)).toBe(false)
  })

  it('are proposed only when they are still to come', () => {
    expect(proposals(now).map(({ key }) => key)).toEqual(['hour', 'tomorrow', 'monday'])
    const monday = proposals(now).find(({ key }) => key === 'monday')
    expect(new Date(monday?.atMs ?? 0).getDay()).toBe(1)
  })

  it('propose one moment once: on a Sunday tomorrow is Monday', () => {
    const sunday = new Date(2026, 10, 22, 12).getTime()
    expect(proposals(sunday).map(({ key }) => key)).toEqual(['hour', 'tonight', 'tomorrow'])
  })

  it('propose the next Monday on a Monday', () => {
    const morning = new Date(2026, 10, 16, 8).getTime()
    const monday = proposals(morning).find(({ key }) => key === 'monday')
    expect(new Date(monday?.atMs ?? 0).getDate()).toBe(23)
  })
})
