/** For tests: apps on a `FakeServer`, and waiting for what they come to. */
import type { Clock } from '../../link/clock'
import { createApp } from '../app'
import type { AppOptions, RunningApp } from '../app-options'
import type { Tabs } from '../tabs'
import type { ConversationSummary, Message, Observable, Timeline } from '../types'
import type { FakeServer } from './fake-server'

const HASTE = 100
const begunMs = Date.now()

/** Time that runs a hundred times faster. */
export const hastyClock: Clock = {
  nowMs: () => begunMs + (Date.now() - begunMs) * HASTE,
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, 24 * 3600 * 1000) / HASTE)
    return () => clearTimeout(timer)
  },
}

export function current<T>(observable: Observable<T>): T {
  let value: { now: T } | undefined
  observable.subscribe((now) => (value = { now }))()
  if (value === undefined) throw new Error('an observable that says nothing')
  return value.now
}

/** Waits until `condition` holds, looking again and again; fails with what it last threw or said. */
export async function until(condition: () => unknown, withinMs = 5_000): Promise<void> {
  const endMs = Date.now() + withinMs
  for (;;) {
    try {
      if (condition() !== false) return
      if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`)
    } catch (error) {
      if (Date.now() > endMs) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** A browser with one tab. */
export const oneTab: Tabs = {
  whenLeading: (lead) => lead(),
  announce: () => undefined,
  listen: () => undefined,
  close: () => undefined,
}

let databases = 0

export interface Phone {
  app: RunningApp
  databaseName: string
  summary(log: string): ConversationSummary | undefined
  /** Watches a timeline from now on. */
  look(log: string): Watched
  /** As if the page was reloaded. */
  reload(options?: Partial<AppOptions>): Promise<Phone>
}

export interface Watched {
  readonly timeline: Timeline
  readonly texts: string[]
  find(text: string): Message | undefined
  stop(): void
}

/** An app; signed in as `user` (whom the server knows) unless that is ''. */
export async function startPhone(
  server: FakeServer,
  user: string,
  options: Partial<AppOptions> = {},
): Promise<Phone> {
  const databaseName = options.databaseName ?? `test-${++databases}`
  const app = await createApp({
    linkUrl: 'ws://test/link',
    deviceName: 'Test',
    language: 'en',
    saveBlob: () => undefined,
    clock: hastyClock,
    random: () => 0,
    openChannel: server.open,
    tabs: oneTab,
    ...options,
    databaseName,
  })
  const phone: Phone = {
    app,
    databaseName,
    summary: (log) => current(app.chat.conversations)?.find((each) => each.log === log),
    look: (log) => watch(app, log),
    async reload(changed = {}) {
      app.close()
      return startPhone(server, '', { ...options, ...changed, databaseName })
    },
  }
  if (user !== '') {
    await app.session.logIn(user, 'password')
    await until(() => current(app.session.link) === 'online')
  }
  return phone
}

/** Waits until a phone is in step: it follows its inbox, and what was said to it before has been heard. */
export async function inStep(server: FakeServer, { app }: Phone): Promise<void> {
  const inbox = `inbox:${current(app.session.session)?.me.user ?? ''}`
  await until(() => [...server.follows.values()].some((logs) => logs.has(inbox)))
  await app.contacts.find('nobody').catch(() => undefined) // replies come in order here
}

export function textOf({ body }: Message): string {
  switch (body.kind) {
    case 'text':
      return body.text
    case 'note':
      return `${body.text}(${body.names.join()})`
    case 'feature':
      return `${body.feature}:${JSON.stringify(body.data)}`
    default:
      return body.kind
  }
}

function watch(app: RunningApp, log: string): Watched {
  const observable = app.chat.timeline(log)
  let timeline: Timeline | undefined
  const stop = observable.subscribe((now) => (timeline = now))
  const now = (): Timeline => {
    if (timeline === undefined) throw new Error('no timeline')
    return timeline
  }
  return {
    get timeline() {
      return now()
    },
    get texts() {
      return now().messages.map(textOf)
    },
    find: (text) => now().messages.find((message) => textOf(message) === text),
    stop,
  }
}
