import { describe, expect, it } from 'vitest'
import { Heights, type HeightRow } from './heights'
import { Placing } from './placing'

const rows = (...ids: string[]): HeightRow[] => ids.map((id) => ({ id, kind: 'row' }))

describe('the rows that are drawn', () => {
  it('leave room for those that are not', () => {
    const heights = new Heights(10)
    const all = rows('a', 'b', 'c', 'd', 'e', 'f')
    heights.set(all)
    const { items, lead, rest } = new Placing(heights).draw(all, [1, 2, 4])
    expect(items.map(({ row, place, gap }) => [row.id, place, gap])).toEqual([
      ['b', 1, 0],
      ['c', 2, 0],
      ['e', 4, 10],
    ])
    expect([lead, rest]).toEqual([10, 10])
  })

  it('are the same objects as long as nothing changes in them, whatever is drawn before them', () => {
    const heights = new Heights(10)
    const all = rows('a', 'b', 'c', 'd')
    heights.set(all)
    const placing = new Placing(heights)
    const before = placing.draw(all, [2, 3]).items
    const after = placing.draw(all, [0, 1, 2, 3]).items
    expect(after[2]).toBe(before[0])
    expect(after[3]).toBe(before[1])
  })

  it('say how far they have moved in the list', () => {
    const heights = new Heights(10)
    heights.set(rows('a', 'b'))
    const placing = new Placing(heights)
    placing.draw(rows('a', 'b'), [0, 1])
    heights.set(rows('x', 'y', 'b'))
    expect(placing.shift()).toBe(1)
    heights.set(rows('x'))
    expect(placing.shift()).toBeUndefined()
  })
})
