import { expect, it } from 'vitest'
import { PLAIN } from '../../model/message'
import type { Message } from '../../model/types'
import { filesOf, linksOf } from './DetailsShared'

const said = (seq: number, body: Message['body']): Message => {
  return { id: `m${seq}`, seq, author: 'u', mine: false, atMs: seq, body, delivery: 'sent', ...PLAIN }
}
const file = (seq: number): Message =>
  said(seq, { kind: 'file', blob: 'b', name: `${seq}.pdf`, sizeBytes: 9, mediaType: 'application/pdf' })

it('lists files, the newest first, at most a hundred, none that waits to be sent', () => {
  const messages = Array.from({ length: 130 }, (_, n) => file(n + 1))
  const found = filesOf([...messages, { ...file(0), id: 'waiting' }])
  expect(found).toHaveLength(100)
  expect(found[0]?.name).toBe('130.pdf')
})

it('lists web addresses of texts, each of several, and no e-mail addresses', () => {
  const text = 'see https://a.example/x and www.b.example, or write to me@c.example'
  const found = linksOf([said(1, { kind: 'text', text }), file(2)])
  expect(found.map(({ url }) => url)).toEqual(['https://a.example/x', 'https://www.b.example/'])
  expect(new Set(found.map(({ id }) => id)).size).toBe(2)
})
