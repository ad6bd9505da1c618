import { expect, it } from 'vitest'
import { RpcError } from '../../model/feature'
import errors from '../../../../docs/errors.md?raw'
import '../registry'
import { explain } from './explain'
import { setLanguage } from './i18n.svelte'
import { reasons } from './reasons'
import { zh } from './zh'

/** Only a client with a bug gets these: it asked in a way no person can. */
const OF_BUGS = [
  'bad_cursor',
  'bad_ending',
  'bad_hash',
  'bad_letter',
  'bad_path',
  'bad_token',
  'bad_type',
  'chunk_too_large',
  'continue_at:<held_bytes>',
  'duplicate_log',
  'length_too_large',
  'limit_too_large',
  'malformed',
  'no_key',
  'no_settings',
  'not_a_post',
  'server_only',
  'too_many_cursors',
  'unknown_audience',
  'unknown_encoding',
  'unknown_kind',
  'unknown_language',
]

/** What stands in code marks in the last column of the table. */
const documented = new Set(
  errors
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) =>
      [...(line.split('|').at(-2) ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''),
    ),
)

it('has Chinese for every reason that the server can give a person', () => {
  expect(documented.size).toBeGreaterThan(150)
  const known = new Set([...Object.keys(reasons), ...OF_BUGS])
  const missing = [...documented].filter((reason) => !known.has(reason) && !(`error.${reason}` in zh))
  expect(missing).toEqual([])
})

it('has none that the server does not give', () => {
  expect([...Object.keys(reasons), ...OF_BUGS].filter((reason) => !documented.has(reason))).toEqual([])
})

it('says one thing once', () => {
  expect(Object.keys(reasons).filter((reason) => `error.${reason}` in zh)).toEqual([])
})

it('is what a person is told in Chinese; in English the server says it better', () => {
  const said = 'At most 5 bots.'
  const full = new RpcError('resource_exhausted', said, 'too_many_bots')
  setLanguage('zh')
  expect(explain(full)).toBe(reasons['too_many_bots'])
  setLanguage('en')
  expect(explain(full)).toBe(said)
})
