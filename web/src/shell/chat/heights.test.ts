import { describe, expect, it } from 'vitest'
import { Heights } from './heights'

const rows = (...ids: string[]) => ids.map((id) => ({ id, kind: id[0] ?? '' }))

describe('heights', () => {
  it('are guessed by kind, and exact once measured', () => {
    const heights = new Heights(50)
    heights.set(rows('m1', 'm2', 'd1', 'm3'))
    expect(heights.total).toBe(200)
    expect(heights.measure('m2', 90)).toBe(true)
    expect(heights.measure('m2', 90.2)).toBe(false)
    expect([0, 1, 2, 3, 4].map((place) => heights.top(place))).toEqual([0, 50, 140, 190, 240])
    // Another list: what was learnt of the kind is the guess now.
    heights.set(rows('m0', 'm1', 'm2', 'd1'))
    expect(heights.top(2)).toBe(180)
    expect(heights.total).toBe(320)
  })

  it('guess nothing anew while the rows are the same: nothing drifts', () => {
    const heights = new Heights(50)
    heights.set(rows('m1', 'm2', 'm3'))
    heights.measure('m1', 500)
    expect(heights.total).toBe(600)
  })

  it('say which row is where', () => {
    const heights = new Heights(10)
    heights.set(rows('a', 'b', 'c'))
    expect([-5, 0, 9, 10, 29, 999].map((y) => heights.placeAt(y))).toEqual([0, 0, 0, 1, 2, 2])
    expect(heights.placeOf('c')).toBe(2)
    expect(heights.placeOf('gone')).toBe(-1)
    heights.set([])
    expect(heights.placeAt(5)).toBe(0)
    expect(heights.total).toBe(0)
    expect(heights.measure('a', 5)).toBe(false)
  })

  it('add up like the rows themselves, however many and however they change', () => {
    const heights = new Heights(50)
    const list = rows(...Array.from({ length: 1000 }, (_, place) => `m${String(place)}`))
    heights.set(list)
    const px = list.map(() => 50)
    for (let change = 0; change < 300; change++) {
      const place = ((change * 617) % 100) * 10 // each three times: rows that grow
      px[place] = 20 + ((change * 7919) % 300)
      heights.measure(`m${String(place)}`, px[place])
    }
    let top = 0
    for (const [place, height] of px.entries()) {
      expect(heights.top(place)).toBe(top)
      expect(heights.placeAt(top)).toBe(place)
      expect(heights.placeAt(top + height - 1)).toBe(place)
      top += height
    }
    expect(heights.total).toBe(top)
    expect(heights.placeAt(top)).toBe(999)
  })
})
