import { expect, it } from 'vitest'
import { pieces } from './pieces'

const drawn = (excerpt: string, ...spans: [number, number][]): string =>
  pieces(
    excerpt,
    spans.map(([start, length]) => ({ start, length })),
  )
    .map(({ text, marked }) => (marked ? `[${text}]` : text))
    .join('')

it('marks what was found, counted in code points', () => {
  expect(drawn('🥟 吃了吗, dear', [2, 3])).toBe('🥟 [吃了吗], dear')
  expect(drawn('tea and tea', [8, 3], [0, 3])).toBe('[tea] and [tea]')
})

it('loses and doubles nothing, whatever the spans are', () => {
  expect(drawn('tea')).toBe('tea')
  expect(drawn('')).toBe('')
  expect(drawn('abcdef', [1, 3], [2, 3])).toBe('a[bcd][e]f')
  expect(drawn('abc', [2, 99], [50, 2])).toBe('ab[c]')
  expect(drawn('abc', [1, 0])).toBe('abc')
})
