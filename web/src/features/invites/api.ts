import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import type { Observable, Person } from '../../model/types'
import { Invites as Rpc, JoinAnsweredSchema, JoinAskedSchema, type Invite } from '../../schema/invites_pb'
import { NAME } from './name'

export interface InviteLink {
  token: string
  /** User id of who made it. */
  by: string
  expiresAtMs: number
  /** 0: any number of people. */
  usesMax: number
  uses: number
}

/** What somebody with a link may know before joining. */
export interface Lane {
  /** '' unless one is a member already. */
  log: string
  title: string
  picture: string
  members: number
  /** One would have to wait for an admin. */
  approval: boolean
  /** One waits already. */
  asked: boolean
}

export interface Asking {
  person: Person
  greeting: string
  atMs: number
}

export interface InvitesApi {
  /** Counts what came about requests to join, by log: whoever shows them asks again. */
  readonly news: Observable<ReadonlyMap<string, number>>
  /** `usesMax` 0: any number. */
  make(log: string, expiresS: number, usesMax: number): Promise<InviteLink>
  list(log: string): Promise<InviteLink[]>
  revoke(token: string): Promise<void>
  look(token: string): Promise<Lane>
  /** Resolves with the conversation's log, or '' when an admin has to agree first. */
  join(token: string, greeting: string): Promise<string>
  requests(log: string): Promise<Asking[]>
  answer(log: string, user: string, accept: boolean): Promise<void>
}

/** Groups whose news are counted; more have no admin at this screen. */
const COUNTED_MAX = 500

export function createInvites(context: FeatureContext): InvitesApi {
  const { call } = context
  const news = new News()
  context.onEvent(JoinAskedSchema, (_event, { request }) => news.count(request?.log ?? ''))
  context.onEvent(JoinAnsweredSchema, (_event, { log }) => news.count(log))
  return {
    news,
    async make(log, expiresS, usesMax) {
      return toLink((await call(Rpc.method.make, { log, expiresS, usesMax })).invite)
    },
    async list(log) {
      return (await call(Rpc.method.list, { log })).invites.map(toLink)
    },
    async revoke(token) {
      await call(Rpc.method.revoke, { token })
    },
    async look(token) {
      const { log, title, picture, members, approval, asked } = await call(Rpc.method.look, { token })
      return { log, title, picture, members, approval, asked }
    },
    async join(token, greeting) {
      const { answer } = await call(Rpc.method.join, { token, greeting })
      return answer.case === 'conversation' ? answer.value.log : ''
    },
    async requests(log) {
      const { requests } = await call(Rpc.method.requests, { log })
      return requests.map(({ profile, greeting, atMs }) => {
        const { user = '', handle = '', name = '', picture = '', about = '' } = profile ?? {}
        return { person: { user, handle, name, picture, about }, greeting, atMs: Number(atMs) }
      })
    },
    async answer(log, user, accept) {
      await call(Rpc.method.answer, { log, user, accept })
    },
  }
}

class News implements Observable<ReadonlyMap<string, number>> {
  #counts: ReadonlyMap<string, number> = new Map()
  readonly #readers = new Set<(counts: ReadonlyMap<string, number>) => void>()

  subscribe(run: (counts: ReadonlyMap<string, number>) => void): () => void {
    this.#readers.add(run)
    run(this.#counts)
    return () => this.#readers.delete(run)
  }

  count(log: string): void {
    const next = new Map(this.#counts).set(log, (this.#counts.get(log) ?? 0) + 1)
    for (const oldest of next.keys()) {
      if (next.size <= COUNTED_MAX) break
      next.delete(oldest)
    }
    this.#counts = next
    for (const run of this.#readers) run(next)
  }
}

function toLink(invite: Invite | undefined): InviteLink {
  const { token = '', by = '', expiresAtMs = 0n, usesMax = 0, uses = 0 } = invite ?? {}
  return { token, by, expiresAtMs: Number(expiresAtMs), usesMax, uses }
}

export const invitesApi = (app: App): InvitesApi => app.features.get(NAME) as InvitesApi
