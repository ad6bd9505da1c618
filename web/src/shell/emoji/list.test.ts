import { beforeEach, expect, it } from 'vitest'
import { setLanguage } from '../i18n/i18n.svelte'
import { groups, named, search } from './list'

beforeEach(() => setLanguage('en'))

it('has each emoji once, with a name in both languages', () => {
  const english = groups.flatMap(({ emoji }) => emoji)
  setLanguage('zh')
  const chinese = groups.flatMap(({ emoji }) => emoji)
  expect(new Set(english.map(([emoji]) => emoji)).size).toBe(english.length)
  for (const [emoji, name] of [...english, ...chinese]) {
    expect(emoji).toMatch(/^\p{Extended_Pictographic}/u)
    expect(name, emoji).not.toBe('')
  }
})

it('finds by the names of both languages, whichever is used', () => {
  expect(search('lantern')[0]).toEqual(['🏮', 'red lantern'])
  expect(search('灯笼')[0]).toEqual(['🏮', 'red lantern'])
  expect(search('no such emoji')).toEqual([])
})

it('names what is not in the list by itself', () => {
  expect(named('🦖')).toEqual(['🦖', '🦖'])
})
