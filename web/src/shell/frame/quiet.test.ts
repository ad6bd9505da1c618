import { expect, it } from 'vitest'
import { isQuiet } from './quiet'

const at = (clock: string): number => Date.parse(`2026-11-21T${clock}:00Z`)
const night = { fromMin: 22 * 60, toMin: 7 * 60, zone: 'Asia/Shanghai' }

it('is over midnight where the person lives', () => {
  expect(isQuiet(night, at('13:59'))).toBe(false) // 21:59 in Shanghai
  expect(isQuiet(night, at('14:00'))).toBe(true)
  expect(isQuiet(night, at('22:59'))).toBe(true)
  expect(isQuiet(night, at('23:00'))).toBe(false)
})

it('is within one day', () => {
  const lesson = { fromMin: 9 * 60, toMin: 10 * 60, zone: 'UTC' }
  expect([at('08:59'), at('09:00'), at('09:59'), at('10:00')].map((now) => isQuiet(lesson, now))).toEqual([
    false,
    true,
    true,
    false,
  ])
})

it('is never, when nothing was chosen, and by the own clock in a zone nobody knows', () => {
  expect(isQuiet({ fromMin: 0, toMin: 0, zone: '' }, at('00:00'))).toBe(false)
  const noon = new Date(2026, 10, 21, 12).getTime()
  expect(isQuiet({ fromMin: 12 * 60, toMin: 13 * 60, zone: 'Mars/Base' }, noon)).toBe(true)
})
