import { beforeEach, describe, expect, it } from 'vitest'
import { RpcError } from '../../model/feature'
import { features } from '../registry'
import { en } from './en'
import { explain, sentence } from './explain'
import { preferredLanguage, setLanguage, t } from './i18n.svelte'
import { zh } from './zh'

const sources = import.meta.glob<string>(['../../**/*.{svelte,ts}', '!../../**/*.test.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const dictionaries = [
  { name: 'shell', en, zh },
  ...features.map(({ name, messages }) => ({ name, en: messages?.en ?? {}, zh: messages?.zh ?? {} })),
]
const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([whole]) => whole).sort()

beforeEach(() => setLanguage('en'))

describe.each(dictionaries)('the dictionary of $name', ({ name, en, zh }) => {
  it('has the same keys in both languages', () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort())
  })

  it('has the same placeholders in both languages', () => {
    for (const [key, text] of Object.entries(en))
      expect(placeholders(zh[key] ?? ''), key).toEqual(placeholders(text))
  })

  it('leaves nothing empty', () => {
    for (const [key, text] of [...Object.entries(en), ...Object.entries(zh)]) expect(text, key).not.toBe('')
  })

  it('keeps to its own name', () => {
    const others = features.map((feature) => feature.name).filter((other) => other !== name)
    const own = (key: string) => name === 'shell' || key.startsWith(`${name}.`)
    const strange = (key: string) => !own(key) || others.some((other) => key.startsWith(`${other}.`))
    expect(Object.keys(en).filter(strange)).toEqual([])
  })
})

it('has every key that the sources ask for', () => {
  const known = new Set(dictionaries.flatMap(({ en }) => Object.keys(en)))
  const asked = Object.values(sources).flatMap((source) =>
    [...source.matchAll(/\bt\('([\w.]+)'/g)].map(([, key]) => key ?? ''),
  )
  expect(asked.length).toBeGreaterThan(100)
  expect(asked.filter((key) => !known.has(key))).toEqual([])
})

describe('t', () => {
  it('fills in values and picks the singular', () => {
    expect(t('group.count', { count: 3 })).toBe('3 people')
    expect(t('group.count', { count: 1 })).toBe('1 person')
    setLanguage('zh')
    expect(t('group.count', { count: 3 })).toBe('3 人')
  })

  it('does not fill in what a value brings along', () => {
    expect(t('preview.by', { name: '{content}', content: 'x' })).toBe('{content}: x')
  })

  it('gives back what it does not know', () => {
    expect(t('A sentence of the server.')).toBe('A sentence of the server.')
  })
})

it('picks the first language of the person that we speak', () => {
  expect(preferredLanguage(['de', 'zh-TW', 'en'])).toBe('zh')
  expect(preferredLanguage(['fr', 'en-GB', 'zh'])).toBe('en')
  expect(preferredLanguage([])).toBe('en')
})

describe('explain', () => {
  it('translates what was kept of a failure by its sentence, else by its reason, else not at all', () => {
    setLanguage('zh')
    expect(sentence('The old password is wrong.', 'wrong_password')).toBe(zh['error.old_password'])
    expect(sentence('Some words of the server.', 'wrong_password')).toBe(zh['error.wrong_password'])
    expect(sentence('Wait 3 s.', 'rate_limited')).toBe('Wait 3 s.')
    expect(sentence('Some words of the server.')).toBe('Some words of the server.')
  })

  it('translates the sentences it knows, and reasons whose sentence it does not know', () => {
    setLanguage('zh')
    const wrong = new RpcError('permission_denied', 'The old password is wrong.', 'wrong_password')
    expect(explain(wrong)).toBe(zh['error.old_password'])
    expect(
      explain(new RpcError('resource_exhausted', 'A group has at most 100 members.', 'group_full')),
    ).toBe('群成员已满。')
    expect(explain(new RpcError('resource_exhausted', 'Please wait.', 'rate_limited', 2600))).toContain(
      '3 秒',
    )
  })

  it('passes on what it cannot translate, and has words when nothing was said', () => {
    expect(explain(new RpcError('not_found', 'The lantern is out.', 'no_light'))).toBe('The lantern is out.')
    expect(explain(new RpcError('unavailable', ''))).toBe(en['error.unavailable'])
    expect(explain(new TypeError('x is undefined'))).toBe(en['error.internal'])
  })
})
