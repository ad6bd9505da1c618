import { describe, expect, it } from 'vitest'
import { areaOf, within } from './canvas'

describe('an area of a picture', () => {
  it('is the same from whichever corner it is drawn', () => {
    const area = { x: 2, y: 3, width: 8, height: 4 }
    expect(areaOf({ x: 2, y: 3 }, { x: 10, y: 7 })).toEqual(area)
    expect(areaOf({ x: 10, y: 7 }, { x: 2, y: 3 })).toEqual(area)
  })

  it('ends where the picture ends', () => {
    const picture = { width: 100, height: 50 }
    expect(within({ x: -10, y: -10, width: 30, height: 30 }, picture)).toEqual({
      x: 0,
      y: 0,
      width: 20,
      height: 20,
    })
    expect(within({ x: 90, y: 40, width: 30, height: 30 }, picture)).toEqual({
      x: 90,
      y: 40,
      width: 10,
      height: 10,
    })
    expect(within({ x: 200, y: 200, width: 5, height: 5 }, picture)).toMatchObject({ width: 0, height: 0 })
  })
})
