import { create } from '@bufbuild/protobuf'
import { expect, it } from 'vitest'
import { FakeContext } from '../../model/testing/feature-context'
import { PresenceChangedSchema, PresenceSchema, PresenceService, State } from '../../schema/presence_pb'
import { PresenceModel, type Standing } from './presence'

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve))

it('asks for whom the screen shows, follows the changes, and forgets who is gone', async () => {
  const context = new FakeContext('anna', 'd')
  const watched: string[][] = []
  context.answer(PresenceService.method.watch, ({ users = [] }) => {
    watched.push(users)
    return { presences: users.map((user) => create(PresenceSchema, { user, state: State.ONLINE })) }
  })
  const presence = new PresenceModel(context, { visible: () => true, onChange: () => undefined })
  context.link.set('online')
  await settled()
  const seen: Standing[] = []
  const end = presence.of('bob').subscribe((standing) => seen.push(standing))
  context.clock.advance(1000)
  await settled()
  expect(watched.at(-1)).toEqual(['bob'])
  expect(seen.at(-1)).toEqual({ state: 'online' })
  context.notice(PresenceChangedSchema, {
    presence: create(PresenceSchema, { user: 'bob', state: State.AWAY, seenAtMs: 60_000n }),
  })
  expect(seen.at(-1)).toEqual({ state: 'away', seenAtMs: 60_000 })
  context.link.set('offline')
  expect(seen.at(-1)).toEqual({ state: 'unknown' })
  context.link.set('online')
  await settled()
  expect(seen.at(-1)).toEqual({ state: 'online' })
  end()
  context.clock.advance(1000)
  expect(watched.at(-1)).toEqual([])
})

it('tells whether somebody looks at the page', () => {
  const context = new FakeContext('anna', 'd')
  const told: boolean[] = []
  context.answer(PresenceService.method.watch, () => ({ presences: [] }))
  context.answer(PresenceService.method.here, ({ here = false }) => {
    told.push(here)
    return {}
  })
  let visible = true
  let changed = (): void => undefined
  new PresenceModel(context, { visible: () => visible, onChange: (handle) => (changed = handle) })
  context.link.set('online')
  visible = false
  changed()
  context.link.set('connecting')
  context.link.set('online')
  visible = true
  changed()
  expect(told).toEqual([false, false, true])
})
