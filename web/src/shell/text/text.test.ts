import { describe, expect, it } from 'vitest'
import { PLAIN } from '../../model/message'
import type { Message } from '../../model/types'
import { clockTime, dayName, daysBefore, listTime, timeAgo } from './dates'
import { countNew, rows } from './grouping'
import { initials, pigment, PIGMENTS } from './initials'
import { byLetter, letterOf } from './letters'
import { codeParts } from './code'
import { isBigEmoji, pieces } from './links'
import { fileSize } from './sizes'

const at = (day: number, hour: number, minute = 0): number => new Date(2026, 2, day, hour, minute).getTime()

describe('dates', () => {
  it('counts calendar days, not spans of 24 hours', () => {
    expect(daysBefore(at(9, 23, 59), at(10, 0, 1))).toBe(1)
    expect(daysBefore(at(10, 0, 1), at(10, 23, 59))).toBe(0)
  })

  it('counts a day with a clock change as one day', () => {
    const long = new Date(2026, 9, 25).getTime()
    expect(daysBefore(long, new Date(2026, 9, 26).getTime())).toBe(1)
  })

  it('names days in both languages', () => {
    expect(dayName(at(10, 9), at(10, 12), 'en')).toBe('Today')
    expect(dayName(at(9, 9), at(10, 12), 'zh-CN')).toBe('昨天')
    expect(dayName(at(6, 9), at(10, 12), 'en')).toBe('Friday')
    expect(dayName(at(1, 9), at(10, 12), 'en')).toBe('March 1')
    expect(dayName(new Date(2024, 0, 5).getTime(), at(10, 12), 'zh-CN')).toBe('2024年1月5日')
  })

  it('shows the time for today and the day otherwise', () => {
    expect(listTime(at(10, 9, 5), at(10, 12), 'en')).toBe('09:05')
    expect(listTime(at(9, 9), at(10, 12), 'en')).toBe('Yesterday')
    expect(clockTime(at(10, 0, 30), 'en')).toBe('00:30')
    expect(timeAgo(at(10, 11, 58), at(10, 12), 'en')).toBe('2 minutes ago')
  })
})

describe('sizes', () => {
  it('picks the unit that keeps the number short', () => {
    expect(fileSize(0, 'en')).toBe('0 bytes')
    expect(fileSize(999, 'en')).toBe('999 bytes')
    expect(fileSize(1000, 'en')).toBe('1 kB')
    expect(fileSize(3_450_000, 'en')).toBe('3.5 MB')
    expect(fileSize(999_900, 'en')).toBe('1 MB')
  })
})

describe('code', () => {
  const found = (text: string): string[][] => codeParts(text).map(({ kind, text: said }) => [kind, said])

  it('is what stands between signs, in a line and in a block', () => {
    expect(found('nothing here')).toEqual([['text', 'nothing here']])
    expect(found('call `run()` twice')).toEqual([
      ['text', 'call '],
      ['code', 'run()'],
      ['text', ' twice'],
    ])
    expect(found('so:\n```js\nif (a) {\n  b()\n}\n```\nthen')).toEqual([
      ['text', 'so:'],
      ['block', 'if (a) {\n  b()\n}'],
      ['text', 'then'],
    ])
    expect(found('```one line```')).toEqual([['block', 'one line']])
  })

  it('is nothing that was not closed, nothing empty, and covers the whole text', () => {
    for (const text of ['it`s', '``', '``````', 'a ``` b', '`a\nb`'])
      expect(
        codeParts(text).map(({ kind }) => kind),
        text,
      ).not.toContain('block')
    const text = '`a` b ```c``` d'
    const parts = codeParts(text)
    expect(parts.map(({ from, to }) => text.slice(from, to)).join('')).toBe(text)
  })

  it('takes no time for signs alone', () => {
    const before = performance.now()
    for (const text of ['`'.repeat(8000), '```a'.repeat(2000), '```\n'.repeat(2000), '`a'.repeat(4000)])
      codeParts(text)
    expect(performance.now() - before).toBeLessThan(1000)
  })
})

describe('phone numbers', () => {
  const calls = (text: string): string[] =>
    pieces(text).flatMap((piece) => (piece.kind === 'link' ? [piece.href] : []))

  it('are mobiles, landlines and those abroad', () => {
    expect(calls('打 13912345678 或 139 1234 5678，座机010-65123456、0571-8765-4321')).toEqual([
      'tel:13912345678',
      'tel:13912345678',
      'tel:01065123456',
      'tel:057187654321',
    ])
    expect(calls('call +86 139 1234 5678 or +1 (415) 555-0132.')).toEqual([
      'tel:+8613912345678',
      'tel:+14155550132',
    ])
    expect(calls('400-820-8820')).toEqual(['tel:4008208820'])
  })

  it('are no dates, amounts, orders or parts of addresses', () => {
    for (const text of [
      '2026-11-22 10:30',
      '1,234,567.89',
      'order 20261122000134',
      '13912345678901',
      'v1.39.1234.5678',
      '+1',
      '3.14159265358979',
    ])
      expect(calls(text), text).toEqual([])
    expect(calls('https://a.example/13912345678')).toEqual(['https://a.example/13912345678'])
    expect(calls('13912345678@qq.com')).toEqual(['mailto:13912345678@qq.com'])
  })
})

describe('links', () => {
  const links = (text: string): string[] =>
    pieces(text).flatMap((piece) => (piece.kind === 'link' ? [piece.href] : []))

  it('finds addresses and keeps the text whole', () => {
    const text = 'see https://hutong.example/a?b=1#c, or www.example.org (mail lin@example.org)!'
    expect(links(text)).toEqual([
      'https://hutong.example/a?b=1#c',
      'https://www.example.org/',
      'mailto:lin@example.org',
    ])
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
  })

  it('leaves sentence punctuation and brackets outside', () => {
    expect(links('(https://en.wikipedia.org/wiki/Hutong_(alley)).')).toEqual([
      'https://en.wikipedia.org/wiki/Hutong_(alley)',
    ])
    expect(links('看https://胡同.example/路，好')).toEqual(['https://xn--dqr365h.example/%E8%B7%AF'])
  })

  it('opens nothing that is not http, https or mail, nor a disguised host', () => {
    expect(links('javascript:alert(1) data:text/html,x file:///etc/passwd')).toEqual([])
    expect(links('https://bank.example@evil.example/')).toEqual([])
    expect(links('https://')).toEqual([])
  })

  it('stays fast on hostile text', () => {
    const text = 'a.'.repeat(4000) + '@' + 'a.'.repeat(4000)
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
  })

  it('knows messages of one to three emoji', () => {
    expect(isBigEmoji('👍🏽')).toBe(true)
    expect(isBigEmoji('👨‍👩‍👧 🇨🇳')).toBe(false)
    expect(isBigEmoji('🎉🎉🎉')).toBe(true)
    expect(isBigEmoji('🎉🎉🎉🎉')).toBe(false)
    expect(isBigEmoji('12')).toBe(false)
    expect(isBigEmoji('')).toBe(false)
  })
})

describe('grouping', () => {
  const message = (seq: number, author: string, atMs: number, kind: 'text' | 'note' = 'text'): Message => ({
    id: `m${seq}`,
    seq,
    author,
    mine: author === 'me',
    atMs,
    body: kind === 'text' ? { kind, text: 'x' } : { kind, text: 'added', names: [] },
    delivery: 'sent',
    ...PLAIN,
  })
  const shape = (list: Message[], newAfter = -1): string[] =>
    rows(list, newAfter, ({ body }) => body.kind === 'note').map((row) =>
      row.kind === 'message' ? `${row.id}${row.first ? '<' : ''}${row.last ? '>' : ''}` : row.kind,
    )

  it('joins bubbles of one author within five minutes', () => {
    expect(
      shape([
        message(1, 'lin', at(10, 9)),
        message(2, 'lin', at(10, 9, 2)),
        message(3, 'me', at(10, 9, 3)),
        message(4, 'lin', at(10, 9, 4)),
        message(5, 'lin', at(10, 9, 12)),
      ]),
    ).toEqual(['day', 'm1<', 'm2>', 'm3<>', 'm4<>', 'm5<>'])
  })

  it('separates days, and groups by what separates them', () => {
    expect(shape([message(1, 'lin', at(9, 23, 59)), message(2, 'lin', at(10, 0, 1))])).toEqual([
      'day',
      'm1<>',
      'day',
      'm2<>',
    ])
    expect(
      shape([
        message(1, 'lin', at(10, 9)),
        message(2, 'lin', at(10, 9), 'note'),
        message(3, 'lin', at(10, 9, 1)),
      ]),
    ).toEqual(['day', 'm1<>', 'm2<>', 'm3<>'])
  })

  it('tells in one row what several people did one after the other', () => {
    const note = (seq: number, who: string, text: 'joined' | 'left', hour = 9): Message => ({
      ...message(seq, who, at(10, hour), 'note'),
      body: { kind: 'note', text, names: [who] },
    })
    const drawn = (list: Message[]): string[] =>
      rows(list, -1, ({ body }) => body.kind === 'note').flatMap((row) => {
        if (row.kind !== 'message') return []
        const { id, seq, body } = row.message
        return [`${id} ${seq} ${body.kind === 'note' ? `${body.text} ${body.names.join()}` : body.kind}`]
      })
    const list = [note(1, 'lin', 'joined'), note(2, 'bo', 'joined', 11), note(3, 'cy', 'joined', 12)]
    expect(drawn(list)).toEqual(['m1 3 joined lin,bo,cy'])
    expect(drawn([...list, message(4, 'bo', at(10, 13)), note(5, 'di', 'joined', 13)])).toHaveLength(3)
    // Not of different kinds, not twice by the same, not with what one did oneself.
    expect(drawn([note(1, 'lin', 'joined'), note(2, 'bo', 'left'), note(3, 'bo', 'joined')])).toHaveLength(3)
    expect(drawn([note(1, 'lin', 'joined'), note(2, 'lin', 'joined')])).toHaveLength(2)
    expect(drawn([note(1, 'lin', 'joined'), note(2, 'me', 'joined'), note(3, 'bo', 'joined')])).toHaveLength(
      3,
    )
    const many = Array.from({ length: 30 }, (_, n) => note(n + 1, `p${n}`, 'joined'))
    expect(drawn(many)).toHaveLength(2)
    // What was given stays as it was.
    expect(list[0]?.body).toMatchObject({ names: ['lin'] })
  })

  it('draws the line once, before the first message of somebody else that is new', () => {
    const list = [
      message(1, 'lin', at(10, 9)),
      message(2, 'me', at(10, 9, 1)),
      message(3, 'lin', at(10, 9, 1)),
      message(4, 'lin', at(10, 9, 1)),
    ]
    expect(shape(list, 1)).toEqual(['day', 'm1<>', 'm2<>', 'new', 'm3<', 'm4>'])
    expect(shape(list, 4)).not.toContain('new')
    expect(shape(list, 0)).not.toContain('new')
    expect(countNew(list, 1)).toBe(2)
  })
})

describe('letters', () => {
  it('files Chinese names by pinyin, Latin ones by letter, the rest under #', () => {
    expect(['林静', '王伟', '张三', '阿宝', '欧阳', '陈', '徐'].map(letterOf)).toEqual([
      'L',
      'W',
      'Z',
      'A',
      'O',
      'C',
      'X',
    ])
    expect(['anna', 'Émile', '42', ''].map(letterOf)).toEqual(['A', 'E', '#', '#'])
  })

  it('sorts within a letter', () => {
    expect(byLetter(['刘', 'Leo', '林', '9', 'Bo'], (name) => name).map(({ letter }) => letter)).toEqual([
      'B',
      'L',
      '#',
    ])
  })
})

describe('initials', () => {
  it('fits both ways of writing names', () => {
    expect(initials('Ada Lovelace')).toBe('AL')
    expect(initials('欧阳娜娜')).toBe('娜娜')
    expect(initials('lin')).toBe('L')
    expect(initials(' ')).toBe('?')
  })

  it('gives the same colour every time', () => {
    expect(pigment('u1')).toBe(pigment('u1'))
    expect(pigment('u2')).toBeLessThan(PIGMENTS)
  })
})
