import { beforeEach, describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../bytes'
import { ManualClock } from '../testing'
import { ServerIdentity, type Impostor } from './identity'
import { FakeCore, MemoryStore } from './testing'

const DAY_MS = 24 * 3600 * 1000

let clock: ManualClock
let core: FakeCore
let store: MemoryStore
let impostors: Impostor[]

beforeEach(async () => {
  clock = new ManualClock()
  core = await FakeCore.create(clock.nowMs())
  store = new MemoryStore()
  impostors = []
})

/** As after a reload of the page. */
function fresh(): ServerIdentity {
  return new ServerIdentity(store, clock, (impostor) => impostors.push(impostor))
}

describe('a root', () => {
  it('SEAL17: is pinned on the first contact, and another is refused afterwards', async () => {
    await fresh().accept(await core.manifest())
    const other = await FakeCore.create(clock.nowMs())
    const identity = fresh()
    await expect(identity.accept(await other.manifest({ epoch: 99 }))).rejects.toMatchObject({
      fault: 'other_root',
    })
    expect(impostors).toEqual([{ pinned: core.root, shown: other.root }])
    expect((await identity.manifest())?.epoch).toBe(7)
    expect(store.record).toMatchObject({ root: core.root, epoch: 7 })
  })

  it('SEAL17: from a code counts before the first contact', async () => {
    const other = await FakeCore.create(clock.nowMs())
    await fresh().expect(core.root)
    const identity = fresh()
    await expect(identity.accept(await other.manifest())).rejects.toMatchObject({ fault: 'other_root' })
    await expect(identity.accept(await core.manifest())).resolves.toMatchObject({ epoch: 7 })
    await identity.expect(core.root)
    await expect(identity.expect(other.root)).rejects.toMatchObject({ fault: 'other_root' })
    expect(impostors.length).toBe(2)
  })

  it('SEAL17: who only claims another root, without its signature, warns nobody', async () => {
    await fresh().accept(await core.manifest())
    const other = await FakeCore.create(clock.nowMs())
    const forged = await core.manifest({ root: other.root })
    await expect(fresh().accept(forged)).rejects.toMatchObject({ fault: 'untrue' })
    expect(impostors).toEqual([])
  })

  it('is replaced when the person says so', async () => {
    await fresh().accept(await core.manifest())
    const other = await FakeCore.create(clock.nowMs())
    const identity = fresh()
    await identity.replace(other.root)
    expect(await identity.manifest()).toBeNull()
    await expect(identity.accept(await other.manifest({ epoch: 1 }))).resolves.toMatchObject({ epoch: 1 })
    await expect(fresh().accept(await core.manifest())).rejects.toMatchObject({ fault: 'other_root' })
  })
})

describe('a manifest', () => {
  it('SEAL18: of an older epoch is refused, also after a reload', async () => {
    await fresh().accept(await core.manifest({ epoch: 8 }))
    for (const identity of [fresh(), fresh()]) {
      await expect(identity.accept(await core.manifest())).rejects.toMatchObject({ fault: 'old_epoch' })
      expect((await identity.manifest())?.epoch).toBe(8)
    }
  })

  it('SEAL18: out of its time is refused, five minutes are forgiven', async () => {
    const early = BigInt(clock.nowMs() + 5 * 60_000)
    const late = BigInt(clock.nowMs() - 5 * 60_000)
    await fresh().accept(await core.manifest({ notBeforeMs: early }))
    await fresh().accept(await core.manifest({ notAfterMs: late }))
    for (const changes of [{ notBeforeMs: early + 1n }, { notAfterMs: late - 1n }])
      await expect(fresh().accept(await core.manifest(changes))).rejects.toMatchObject({
        fault: 'out_of_time',
      })
  })

  it('SEAL19: that is over is not used any more; the epoch stays known', async () => {
    const identity = fresh()
    await identity.accept(await core.manifest())
    await clock.advance(DAY_MS + 5 * 60_000 + 1)
    expect(await identity.manifest()).toBeNull()
    expect(await fresh().manifest()).toBeNull()
    core.nowMs = clock.nowMs()
    await expect(fresh().accept(await core.manifest({ epoch: 6 }))).rejects.toMatchObject({
      fault: 'old_epoch',
    })
  })

  it('that was spoiled in the store is asked for anew', async () => {
    await fresh().accept(await core.manifest())
    store.record?.manifest.fill(7, 20, 30)
    const identity = fresh()
    expect(await identity.manifest()).toBeNull()
    await expect(identity.accept(await core.manifest())).resolves.toBeDefined()
  })

  it('is held to for the life of the page when it cannot be stored', async () => {
    store.save = () => Promise.reject(new Error('full'))
    const identity = fresh()
    await identity.accept(await core.manifest())
    expect((await identity.manifest())?.epoch).toBe(7)
    const other = await FakeCore.create(clock.nowMs())
    await expect(identity.accept(await other.manifest())).rejects.toMatchObject({ fault: 'other_root' })
  })
})

it('a key as text: 43 characters, one text for one key', () => {
  const text = toBase64Url(core.root)
  expect(text.length).toBe(43)
  expect(fromBase64Url(text)).toEqual(core.root)
  for (const bad of [`${text}=`, `${text.slice(0, 42)}!`, `${'A'.repeat(42)}B`, 'A'])
    expect(fromBase64Url(bad)).toBeNull()
})
