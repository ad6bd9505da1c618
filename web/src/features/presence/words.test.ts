import { expect, it } from 'vitest'
import { addMessages, setLanguage } from '../../shell/i18n/i18n.svelte'
import { messages } from './messages'
import { standingText } from './words'

const DAY_MS = 86_400_000
const NOON_MS = new Date(2026, 10, 21, 12).getTime()

it('says whether somebody is here, or when they were, as far as it is known', () => {
  addMessages(messages)
  setLanguage('en')
  expect(standingText({ state: 'online' }, NOON_MS)).toBe('Online')
  expect(standingText({ state: 'unknown' }, NOON_MS)).toBe('')
  expect(standingText({ state: 'away', seenAtMs: 0 }, NOON_MS)).toBe('Not here')
  expect(standingText({ state: 'away', seenAtMs: NOON_MS - 3_600_000 }, NOON_MS)).toBe('Last seen 11:00')
  expect(standingText({ state: 'away', seenAtMs: NOON_MS - 2 * DAY_MS }, NOON_MS)).toBe('Last seen Nov 19')
  setLanguage('zh')
  expect(standingText({ state: 'away', seenAtMs: NOON_MS - 2 * DAY_MS }, NOON_MS)).toBe('最后在线 11月19日')
})
