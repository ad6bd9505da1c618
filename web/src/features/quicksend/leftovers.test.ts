import { expect, it } from 'vitest'
import type { FeatureContext } from '../../model/feature'
import type { ReceivedFiles } from '../transfers/api'
import { forget, remember, tidy } from './leftovers'

const DAY_MS = 24 * 3600 * 1000

function visit() {
  const kept = new Map<string, unknown>()
  const removed: string[] = []
  let nowMs = 0
  const context = {
    clock: { nowMs: () => nowMs },
    storage: {
      get: (key: string) => Promise.resolve(kept.get(key)),
      put: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
      delete: (key: string) => Promise.resolve(void kept.delete(key)),
      keys: () => Promise.resolve([...kept.keys()]),
    },
  } as unknown as FeatureContext
  const disk = { remove: (name: string) => Promise.resolve(void removed.push(name)) } as ReceivedFiles
  return { context, disk, kept, removed, pass: (ms: number) => (nowMs += ms) }
}

it('QUICK17: keeps what has arrived for a day, then removes it', async () => {
  const { context, disk, kept, removed, pass } = visit()
  await remember(context, ['quick-a-0', 'quick-a-1'])
  pass(DAY_MS / 2)
  await remember(context, ['quick-b-0'])
  await forget(context, ['quick-a-1'])
  await tidy(context, disk)
  expect(removed).toEqual([])
  pass(DAY_MS / 2)
  await tidy(context, disk)
  expect(removed).toEqual(['quick-a-0'])
  expect([...kept.keys()]).toEqual(['quick-b-0'])
})
