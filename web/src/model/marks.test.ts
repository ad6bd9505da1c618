import 'fake-indexeddb/auto'
import { expect, it } from 'vitest'
import { ManualClock, settled } from '../link/testing'
import { emptyRecord } from './conversation'
import { openDatabase } from './database'
import type { Call } from './feature'
import { Marks } from './marks'
import type { ConversationRecord } from './records'
import { Store } from './store'
import type { Member } from './types'

const ann = { user: 'ann', handle: '', name: '', picture: '', about: '' }

function record(cursor: number): ConversationRecord {
  const mine: Member = { person: ann, role: 'member', delivered: 0, read: 0, nickname: '', mutedUntilMs: 0 }
  return { ...emptyRecord('l'), members: [mine], memberCount: 1, cursor }
}

it('LOG17: one call per conversation in 300 ms, the last of them with the newest marks', async () => {
  const store = new Store(await openDatabase('marks', () => undefined))
  const clock = new ManualClock()
  const said: unknown[] = []
  const call = ((_method: unknown, request: unknown) => {
    said.push(request)
    return Promise.resolve({})
  }) as unknown as Call
  const marks = new Marks({ call, store, clock, recount: () => undefined })
  await store.change((change) => {
    change.putSession({ me: ann, device: 'd', admin: false })
    change.putConversation(record(9))
  })
  for (let seq = 1; seq <= 9; seq++) await marks.read('l', seq)
  expect(said).toEqual([{ log: 'l', delivered: 9, read: 1 }])
  await clock.advance(299)
  expect(said.length).toBe(1)
  await clock.advance(1)
  expect(said.slice(1)).toEqual([{ log: 'l', delivered: 9, read: 9 }])
  await clock.advance(1000)
  expect(said.length).toBe(2)
  marks.serverHas('l', { delivered: 9, read: 5 })
  await settled()
  expect(said.length).toBe(3)
})
