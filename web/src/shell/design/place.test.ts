import { expect, it } from 'vitest'
import { place } from './place'

const screen = { width: 400, height: 600 }
const box = { width: 200, height: 150 }
const anchor = (left: number, top: number) => ({ left, top, right: left + 40, bottom: top + 40 })

it('opens below, or above where there is no room', () => {
  expect(place(anchor(20, 100), box, screen)).toEqual({ left: 20, top: 146 })
  expect(place(anchor(20, 500), box, screen)).toEqual({ left: 20, top: 344 })
})

it('keeps to the right edge of an anchor on the right', () => {
  expect(place(anchor(340, 100), box, screen).left).toBe(180)
})

it('never leaves the screen', () => {
  const huge = { width: 390, height: 590 }
  expect(place(anchor(340, 300), huge, screen)).toEqual({ left: 8, top: 8 })
})
