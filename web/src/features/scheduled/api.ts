import { create } from '@bufbuild/protobuf'
import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { toAttached, toContent, toWireContent } from '../../model/content'
import type { Attached, Content, Observable, TextContent } from '../../model/types'
import { ContentSchema } from '../../schema/chat_pb'
import { type Scheduled as Wire, ScheduledChangedSchema, ScheduledMessages } from '../../schema/scheduled_pb'

export const NAME = 'scheduled'

/** A message that is sent later. */
export interface Scheduled {
  id: string
  log: string
  content: Content | null
  attached: Attached
  atMs: number
  /** Why it could not be sent, a reason of the server's; '' while it waits. */
  problem: string
}

export interface ScheduledApi {
  /** The next one first; empty until they were asked for. */
  readonly waiting: Observable<readonly Scheduled[]>
  schedule(log: string, content: TextContent, attached: Attached, atMs: number): Promise<void>
  change(id: string, content: TextContent, attached: Attached, atMs: number): Promise<void>
  cancel(id: string): Promise<void>
}

function toScheduled({ id, log, content, atMs, problem }: Wire): Scheduled {
  return { id, log, content: toContent(content), attached: toAttached(content), atMs: Number(atMs), problem }
}

/** One in its new state; without content it is gone. */
export function changed(before: readonly Scheduled[], now: Scheduled): Scheduled[] {
  const others = before.filter(({ id }) => id !== now.id)
  return (now.content === null ? others : [...others, now]).sort((a, b) => a.atMs - b.atMs)
}

export function createScheduled(context: FeatureContext): ScheduledApi {
  const { call, link } = context
  let now: readonly Scheduled[] = []
  const watchers = new Set<(value: readonly Scheduled[]) => void>()
  const publish = (next: readonly Scheduled[]): void => {
    now = next
    for (const run of watchers) run(now)
  }
  const take = (wire: Wire | undefined): void => {
    if (wire !== undefined) publish(changed(now, toScheduled(wire)))
  }
  const wire = (content: TextContent, attached: Attached) =>
    create(ContentSchema, toWireContent(content, attached))

  context.onEvent(ScheduledChangedSchema, (_event, { scheduled }) => take(scheduled))
  link.subscribe((state) => {
    if (state !== 'online') return
    // A server without it answers that it knows no such method: there is nothing to show then.
    call(ScheduledMessages.method.list, {}).then(
      ({ scheduled }) => publish(scheduled.map(toScheduled)),
      () => undefined,
    )
  })

  return {
    waiting: {
      subscribe(run) {
        run(now)
        watchers.add(run)
        return () => watchers.delete(run)
      },
    },
    async schedule(log, content, attached, atMs) {
      const request = { log, content: wire(content, attached), atMs: BigInt(atMs) }
      take((await call(ScheduledMessages.method.schedule, request)).scheduled)
    },
    async change(id, content, attached, atMs) {
      const request = { id, content: wire(content, attached), atMs: BigInt(atMs) }
      take((await call(ScheduledMessages.method.change, request)).scheduled)
    },
    async cancel(id) {
      await call(ScheduledMessages.method.cancel, { id })
      publish(now.filter((one) => one.id !== id))
    },
  }
}

export const scheduledApi = (app: App): ScheduledApi => app.features.get(NAME) as ScheduledApi
