import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CallRecordedSchema } from '../schema/calls_pb'
import { ReactedSchema } from '../schema/reactions_pb'
import { Blobs } from './blobs'
import { openDatabase, type Database } from './database'
import { eventFold, type FeatureContext, type ModelFeature } from './feature'
import { Reorder } from './reorder'
import { Store } from './store'
import { FakeServer } from './testing/fake-server'
import { current, hastyClock, startPhone, until, type Phone } from './testing/kit'
import type { LogEvent } from './feature'

const phones: Phone[] = []
let count = 0
const open = (): Promise<Database> => openDatabase(`storage-${++count}`, () => undefined)

const draft = (log: string) => ({ log, text: 'text', replyTo: 0, atMs: 0, unsaid: false })

afterEach(() => {
  vi.restoreAllMocks()
  for (const { app } of phones.splice(0)) app.close()
})

describe('the store', () => {
  it('announces a change only after its commit, many in one transaction', async () => {
    const database = await open()
    const store = new Store(database)
    const transactions = vi.spyOn(database, 'transaction')
    const announced: Promise<unknown>[] = []
    store.listen(() => announced.push(database.get('drafts', 'l1')))
    const changes = Array.from({ length: 20 }, (_, index) =>
      store.change((change) => change.putDraft(draft(`l${index}`))),
    )
    expect(announced).toEqual([])
    await Promise.all(changes)
    expect(transactions.mock.calls.filter(([, mode]) => mode === 'readwrite').length).toBe(1)
    expect(await Promise.all(announced)).toEqual([draft('l1')])
  })

  it('a durable change that cannot be stored is taken back and refused; another is shown all the same', async () => {
    const database = await open()
    const store = new Store(database)
    const heard = vi.fn()
    store.listen(heard)
    vi.spyOn(database, 'transaction').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    const durable = store.change((change) => change.putDraft(draft('l')), { durable: true })
    await expect(durable).rejects.toMatchObject({ reason: 'storage_full' })
    expect(store.state.drafts.size).toBe(0)
    expect(heard).not.toHaveBeenCalled()
    await store.change((change) => change.putDraft(draft('l')))
    expect(store.state.drafts.get('l')).toEqual(draft('l'))
    expect(heard).toHaveBeenCalledOnce()
  })

  it('a change that throws is refused, those beside it are not', async () => {
    const store = new Store(await open())
    const bad = store.change(() => {
      throw new Error('oops')
    })
    const good = store.change((change) => change.putDraft(draft('l')))
    await expect(bad).rejects.toThrow('oops')
    await good
    expect(store.state.drafts.get('l')).toEqual(draft('l'))
  })
})

describe('blobs', () => {
  it('keeps the most recently used within its bound', async () => {
    let now = 0
    const clock = { ...hastyClock, nowMs: () => ++now }
    const blobs = new Blobs(await open(), clock, 1000)
    for (const name of ['a', 'b', 'c']) await blobs.put(name, new Blob([new Uint8Array(400)]))
    expect(await blobs.get('a')).toBeNull()
    expect((await blobs.get('b'))?.size).toBe(400)
    await blobs.put('d', new Blob([new Uint8Array(400)]))
    expect(await blobs.get('c')).toBeNull() // b was used later
    expect((await blobs.get('b'))?.size).toBe(400)
    await blobs.put('huge', new Blob([new Uint8Array(2000)]))
    expect(await blobs.get('huge')).toBeNull()
  })
})

describe('reorder', () => {
  const event = (seq: number): LogEvent => ({
    log: 'l',
    seq,
    kind: 1,
    author: '',
    atMs: 0,
    key: new Uint8Array(),
    body: new Uint8Array(),
  })
  const seqs = (events: LogEvent[]): number[] => events.map(({ seq }) => seq)

  it('LOG8: hands out what follows, once, and knows of a gap', () => {
    const reorder = new Reorder()
    expect(seqs(reorder.take(0, [event(2), event(1), event(1)]))).toEqual([1, 2])
    expect(reorder.gap(2)).toBe(false)
    expect(seqs(reorder.take(2, [event(2), event(5), event(4)]))).toEqual([])
    expect(reorder.gap(2)).toBe(true)
    expect(seqs(reorder.take(2, [event(3)]))).toEqual([3, 4, 5])
    expect(reorder.gap(5)).toBe(false)
  })

  it('keeps a bounded number of early events, and remembers that there were more', () => {
    const reorder = new Reorder()
    reorder.take(
      0,
      Array.from({ length: 1000 }, (_, index) => event(index + 2)),
    )
    const first = reorder.take(0, [event(1)])
    expect(first.length).toBeLessThan(400)
    expect(reorder.gap(first.length)).toBe(true)
    reorder.forget()
    expect(reorder.gap(first.length)).toBe(false)
  })
})

describe('features', () => {
  it('get folds, events, notices, storage and calls of their own', async () => {
    const server = new FakeServer()
    for (const user of ['ann', 'bob']) server.addUser(user)
    server.addRoom('chat:1', ['ann', 'bob'])
    let context: FeatureContext | undefined
    const heard: string[] = []
    const links: string[] = []
    const calls: ModelFeature<{ hello: string }> = {
      name: 'calls',
      folds: [eventFold(CallRecordedSchema, (timeline, _event, { call }) => timeline.addRow(call))],
      create(given) {
        context = given
        given.onEvent(CallRecordedSchema, ({ seq }, { call }) => heard.push(`${call} at ${seq}`))
        given.onNotice(ReactedSchema, ({ emoji }) => heard.push(emoji))
        given.link.subscribe((state) => links.push(state))
        return { hello: 'world' }
      },
    }
    const phone = await startPhone(server, 'ann', { features: [calls] })
    phones.push(phone)
    expect(phone.app.features.get('calls')).toEqual({ hello: 'world' })
    await until(() => links.at(-1) === 'online')
    const watched = phone.look('chat:1')
    await until(() => phone.summary('chat:1') !== undefined)
    await until(() => server.follows.size > 0)
    server.append('chat:1', CallRecordedSchema, { call: 'c1' }, 'bob')
    server.notify('ann', ReactedSchema, { emoji: '👍' })
    await until(() => heard.length === 2)
    expect(heard.sort()).toEqual(['c1 at 2', '👍'])
    await until(() => watched.texts.length === 1)
    expect(watched.texts).toEqual(['calls:"c1"'])
    expect(phone.summary('chat:1')).toMatchObject({ unread: 1, last: { body: { kind: 'feature' } } })
    const stored = await context?.events('chat:1', CallRecordedSchema)
    expect(stored?.map(({ body }) => body.call)).toEqual(['c1'])
    await context?.storage.put('k', { deep: [1, 2] })
    expect(await context?.storage.get('k')).toEqual({ deep: [1, 2] })
    expect(await context?.storage.keys()).toEqual(['k'])
    await phone.app.session.signOut()
    expect(await context?.storage.keys()).toEqual([])
    expect(current(phone.app.session.session)).toBeNull()
  })
})
