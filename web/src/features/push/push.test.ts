import { expect, it } from 'vitest'
import { FakeContext } from '../../model/testing/feature-context'
import type { Session } from '../../model/types'
import { Push as Rpc } from '../../schema/push_pb'
import type { PushBrowser } from './browser'
import { toClock, toMinutes } from './hours'
import { PushModel } from './push'

class FakeBrowser implements PushBrowser {
  has: 'yes' | 'install' | 'no' = 'yes'
  allowed: NotificationPermission = 'default'
  answer: NotificationPermission = 'granted'
  subscribed: number[] | null = null
  renewed: () => void = () => undefined

  support(): 'yes' | 'install' | 'no' {
    return this.has
  }
  permission(): NotificationPermission {
    return this.allowed
  }
  ask(): Promise<NotificationPermission> {
    this.allowed = this.answer
    return Promise.resolve(this.answer)
  }
  subscribe(key: Uint8Array<ArrayBuffer>): Promise<{
    endpoint: string
    p256dh: Uint8Array<ArrayBuffer>
    auth: Uint8Array<ArrayBuffer>
  }> {
    this.subscribed = [...key]
    const part = new Uint8Array([1])
    return Promise.resolve({ endpoint: 'https://push.example/x', p256dh: part, auth: part })
  }
  unsubscribe(): Promise<void> {
    this.subscribed = null
    return Promise.resolve()
  }
  onRenewed(handle: () => void): void {
    this.renewed = handle
  }
}

function scene(kept = new Map<string, unknown>()): {
  context: FakeContext
  browser: FakeBrowser
} {
  const context = new FakeContext('anna', 'd', kept)
  context.answer(Rpc.method.key, () => ({ key: new Uint8Array([7]) }))
  context.answer(Rpc.method.subscribe, () => ({}))
  context.answer(Rpc.method.unsubscribe, () => ({}))
  return { context, browser: new FakeBrowser() }
}

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve))

it('subscribes with the key of the server after the person allowed it, and again on every start', async () => {
  const { context, browser } = scene()
  const push = new PushModel(context, browser)
  context.link.set('online')
  await settled()
  expect(push.state.get()).toBe('off')
  expect(await push.turnOn()).toBe(true)
  expect(browser.subscribed).toEqual([7])
  expect(push.state.get()).toBe('on')

  const next = scene(context.kept)
  next.browser.allowed = 'granted'
  const later = new PushModel(next.context, next.browser)
  next.context.link.set('online')
  await settled()
  expect(later.state.get()).toBe('on')
  expect(next.browser.subscribed).toEqual([7])
  const before = next.context.called.length
  next.browser.renewed()
  await settled()
  expect(next.context.called.length).toBeGreaterThan(before)
})

it('says honestly why it cannot', async () => {
  const { context, browser } = scene()
  browser.answer = 'denied'
  const push = new PushModel(context, browser)
  expect(await push.turnOn()).toBe(false)
  expect(push.state.get()).toBe('blocked')
  expect(context.called).toEqual([])
  browser.has = 'install'
  expect(new PushModel(context, browser).state.get()).toBe('install')
  browser.has = 'no'
  expect(new PushModel(context, browser).state.get()).toBe('unsupported')
})

it('unsubscribes when it is turned off, and at sign-out', async () => {
  const { context, browser } = scene()
  const push = new PushModel(context, browser)
  await push.turnOn()
  await push.turnOff()
  expect(browser.subscribed).toBeNull()
  expect(push.state.get()).toBe('off')
  await push.turnOn()
  context.session.set({} as Session)
  context.session.set(null)
  await settled()
  expect(browser.subscribed).toBeNull()
})

it('reads and writes times of day', () => {
  for (const minutes of [0, 61, 22 * 60, 1439]) expect(toMinutes(toClock(minutes))).toBe(minutes)
  expect(toClock(61)).toBe('01:01')
  for (const clock of ['', '24:00', '7:5', 'noon']) expect(toMinutes(clock)).toBeNull()
})
