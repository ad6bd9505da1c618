import { describe, expect, it } from 'vitest'
import { Stretch } from './stretch'

const range = ({ from, to }: Stretch) => [from, to]

describe('a stretch of rows', () => {
  it('covers what the view needs at once, and what is around it a few rows at a time', () => {
    const stretch = new Stretch()
    stretch.follow({ from: 80, to: 100 }, { from: 60, to: 100 }, 0)
    expect(range(stretch)).toEqual([80, 100])
    stretch.follow({ from: 80, to: 100 }, { from: 60, to: 100 }, 4)
    expect(range(stretch)).toEqual([76, 100])
    // The view has moved past what was ready.
    stretch.follow({ from: 70, to: 90 }, { from: 50, to: 110 }, 4)
    expect(range(stretch)).toEqual([66, 100])
  })

  it('lets go of what is far away', () => {
    const stretch = new Stretch()
    stretch.follow({ from: 0, to: 40 }, { from: 0, to: 40 }, 0)
    stretch.follow({ from: 30, to: 50 }, { from: 20, to: 60 }, 4)
    expect(range(stretch)).toEqual([20, 54])
  })

  it('begins anew elsewhere', () => {
    const stretch = new Stretch()
    stretch.follow({ from: 0, to: 20 }, { from: 0, to: 40 }, 0)
    stretch.follow({ from: 500, to: 520 }, { from: 480, to: 540 }, 4)
    expect(range(stretch)).toEqual([496, 520])
    stretch.clear()
    stretch.follow({ from: 0, to: 20 }, { from: 0, to: 40 }, 0)
    expect(range(stretch)).toEqual([0, 20])
  })

  it('stays with its rows when others come before them', () => {
    const stretch = new Stretch()
    stretch.follow({ from: 10, to: 30 }, { from: 0, to: 50 }, 0)
    stretch.shift(200)
    stretch.follow({ from: 210, to: 230 }, { from: 190, to: 250 }, 4)
    expect(range(stretch)).toEqual([206, 230])
  })
})
