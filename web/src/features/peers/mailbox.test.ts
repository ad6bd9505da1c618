import { expect, test } from 'vitest'
import { Mailbox } from './mailbox'

const item = (number: number) => ({ number, signal: `s${number}` })

test('in order: handed out at once, duplicates dropped', () => {
  const mailbox = new Mailbox<string>()
  expect(mailbox.receive(item(1))).toEqual({ ready: ['s1'], gap: false })
  expect(mailbox.receive(item(1))).toEqual({ ready: [], gap: false })
  expect(mailbox.receive(item(2))).toEqual({ ready: ['s2'], gap: false })
  expect(mailbox.last).toBe(2)
})

test('PEER3: a gap waits for a fetch, and what the fetch brings comes first', () => {
  const mailbox = new Mailbox<string>()
  expect(mailbox.receive(item(3))).toEqual({ ready: [], gap: true })
  expect(mailbox.fetched([item(2), item(1), item(3)])).toEqual({ ready: ['s1', 's2', 's3'], gap: false })
})

test('PEER3: what the server has forgotten is skipped', () => {
  const mailbox = new Mailbox<string>()
  expect(mailbox.receive(item(301)).gap).toBe(true)
  expect(mailbox.fetched([item(300), item(301)])).toEqual({ ready: ['s300', 's301'], gap: false })
})

test('what came during the fetch follows, and a gap above it is fetched again', () => {
  const mailbox = new Mailbox<string>()
  mailbox.receive(item(2))
  mailbox.receive(item(3))
  mailbox.receive(item(5))
  expect(mailbox.fetched([item(1), item(2)])).toEqual({ ready: ['s1', 's2', 's3'], gap: true })
})

test('a flood of far numbers keeps the newest and stays bounded', () => {
  const mailbox = new Mailbox<string>()
  for (let number = 1000; number > 10; number--) mailbox.receive(item(number))
  const rest = Array.from({ length: 744 }, (_, index) => item(index + 1))
  const { ready, gap } = mailbox.fetched(rest)
  expect(gap).toBe(false)
  expect(ready.at(-1)).toBe('s1000')
  expect(ready).toHaveLength(1000)
})
