import { expect, it } from 'vitest'
import { readPreferences } from './preferences.svelte'

const defaults = { theme: 'system', language: 'system', notifications: false, sound: false }

it.each([
  null,
  '',
  'null',
  '7',
  '{"theme":"neon","language":3,"notifications":"yes","sound":1}',
  '{"theme":',
])('takes nothing it does not know from %j', (stored) => {
  expect(readPreferences(stored)).toEqual(defaults)
})

it('reads back what was chosen', () => {
  const chosen = { theme: 'dark', language: 'zh', notifications: true, sound: true }
  expect(readPreferences(JSON.stringify(chosen))).toEqual(chosen)
})
