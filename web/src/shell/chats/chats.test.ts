import { describe, expect, it } from 'vitest'
import { PLAIN } from '../../model/message'
import type { ConversationSummary, Message } from '../../model/types'
import { contactsIn, conversationsIn, peopleIn } from '../fixture/people'
import { news } from '../frame/news'
import { setLanguage, t } from '../i18n/i18n.svelte'
import { find } from './find'
import { unreadOf } from './muting'
import { previewOf } from './preview'
import { typingText } from './typing'

setLanguage('en')
const conversations = conversationsIn('en')
const people = new Map(peopleIn('en').map((person) => [person.user, person]))
const group = conversations.find((one) => one.group)
const pair = conversations.find((one) => !one.group)
if (!group || !pair) throw new Error('the fixture has a group and a pair')

const last = (body: Message['body'], author = 'u2'): Message => ({
  id: 'x',
  seq: 9,
  author,
  mine: author === 'me',
  atMs: 0,
  body,
  delivery: 'sent',
  ...PLAIN,
})
const preview = (conversation: ConversationSummary, message: Message): string =>
  previewOf({ ...conversation, last: message }, people, t)

describe('the preview', () => {
  it('names who speaks in a group, and only there', () => {
    expect(preview(group, last({ kind: 'text', text: 'tea?' }))).toBe('Ada Okafor: tea?')
    expect(preview(group, last({ kind: 'text', text: 'tea?' }, 'me'))).toBe('You: tea?')
    expect(preview(pair, last({ kind: 'text', text: 'tea?' }))).toBe('tea?')
  })

  it('has words for what is no text', () => {
    expect(preview(pair, last({ kind: 'recalled' }))).toBe('Ada Okafor recalled a message')
    expect(preview(group, last({ kind: 'note', text: 'added', names: ['Maya', 'Lin', 'Bo'] }, 'me'))).toBe(
      'You added Lin, Bo',
    )
    expect(preview(group, last({ kind: 'note', text: 'renamed', names: ['Ada', 'Tea'] }))).toBe(
      'Ada named the group “Tea”',
    )
    expect(preview(group, last({ kind: 'note', text: 'added', names: ['', 'Lin'] }))).toBe(
      'Someone added Lin',
    )
    expect(preview(group, last({ kind: 'note', text: 'left', names: ['Lin'] }, 'gone'))).toBe('Lin left')
    expect(preview(pair, last({ kind: 'feature', feature: 'of the future', data: {} }))).toBe(
      t('preview.unknown'),
    )
  })
})

describe('typing', () => {
  it('says who only where it is not plain', () => {
    expect(typingText({ ...pair, typing: ['Lin'] }, t)).toBe('typing…')
    expect(typingText({ ...group, typing: ['Lin'] }, t)).toBe('Lin is typing…')
    expect(typingText({ ...group, typing: ['Lin', 'Bo'] }, t)).toBe('2 people are typing…')
    expect(typingText(group, t)).toBe('')
  })
})

describe('find', () => {
  const contacts = contactsIn('en')
  const titles = (query: string): string[] => find(query, conversations, contacts).map(({ title }) => title)

  it('puts beginnings before middles, and ignores accents and case', () => {
    expect(titles('TOMAS')[0]).toBe('Tomás Herrera')
    expect(titles('emi')).toEqual(['Émilie Durand'])
    expect(titles('lin')[0]).toBe('Lin Jing')
  })

  it('finds by handle', () => {
    expect(titles('wangwei')).toEqual(['Wang Wei'])
  })

  it('offers everything at first, nobody twice, and nobody who only asked', () => {
    const all = titles('')
    expect(new Set(all).size).toBe(all.length)
    expect(all).not.toContain('Sora Tanaka')
    expect(titles('nobody of that name')).toEqual([])
  })
})

describe('news', () => {
  const NOW_MS = 1_000
  const said = { ...pair, unread: pair.unread + 1, last: last({ kind: 'text', text: 'hi' }) }
  const muted = { ...pair.preferences, mutedUntilMs: NOW_MS + 1, mentionsNotify: true }

  it('is what somebody else said since', () => {
    expect(news([pair], [said], NOW_MS).map(({ log }) => log)).toEqual([pair.log])
    expect(news([], [said], NOW_MS)).toHaveLength(1)
  })

  it('is neither what was there, nor what one said oneself', () => {
    expect(news([said], [said], NOW_MS)).toEqual([])
    const own = { ...said, last: last({ kind: 'text', text: 'hi' }, 'me') }
    expect(news([pair], [own], NOW_MS)).toEqual([])
  })

  it('is no word of what is silenced, but a mention if one wants to hear of these', () => {
    const silenced = { ...said, preferences: muted }
    expect(news([pair], [silenced], NOW_MS)).toEqual([])
    expect(news([pair], [silenced], NOW_MS + 1)).toHaveLength(1)
    const mentioned = { ...silenced, mentioned: 1 }
    expect(news([pair], [mentioned], NOW_MS)).toHaveLength(1)
    expect(news([mentioned], [{ ...mentioned, unread: 9 }], NOW_MS)).toEqual([])
    const deaf = { ...mentioned, preferences: { ...muted, mentionsNotify: false } }
    expect(news([pair], [deaf], NOW_MS)).toEqual([])
  })

  it('does not count what is silenced as unread', () => {
    const loud = { ...group, unread: 2, preferences: { ...group.preferences, mutedUntilMs: 0 } }
    const list = [loud, { ...said, unread: 7, preferences: muted }]
    expect(unreadOf(list, NOW_MS)).toBe(2)
    expect(unreadOf(list, NOW_MS + 1)).toBe(9)
  })
})
