import { expect, it } from 'vitest'
import { listed } from './listed'

const entries = (count: number, path: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => ({ path: path(n), sizeBytes: n, folder: n === 0 }))

it('names the first 200 files, and no folders', () => {
  expect(listed(entries(300, (n) => `${n}`)).map(({ path }) => path)).toEqual(
    Array.from({ length: 200 }, (_, n) => `${n + 1}`),
  )
})

it('QUICK11: names no more than one letter holds, in bytes', () => {
  const long = entries(201, (n) => `${n}/${'胡同'.repeat(160)}`)
  const sizeBytes = listed(long).reduce((sum, { path }) => sum + new TextEncoder().encode(path).length, 0)
  expect(sizeBytes).toBeLessThanOrEqual(48 * 1024)
  expect(sizeBytes).toBeGreaterThan(46 * 1024)
})
