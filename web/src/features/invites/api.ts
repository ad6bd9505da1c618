import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import { Value } from '../../model/observable'
import { toPerson } from '../../model/person'
import type { Observable, Person } from '../../model/types'
import {
  Invites as Rpc,
  JoinAnsweredSchema,
  JoinAskedSchema,
  type Invite,
  type JoinRequest,
} from '../../schema/invites_pb'
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

/** For those who may not know. */
export const NOBODY: Observable<readonly Asking[]> = new Value<readonly Asking[]>([])

export interface InvitesApi {
  /** Who waits to be let into a group, for its owner and admins; asked for while somebody watches, and with news. */
  waiting(log: string): Observable<readonly Asking[]>
  /** Counts the answers to requests, one's own among them. */
  readonly answered: Observable<number>
  /** `usesMax` 0: any number. */
  make(log: string, expiresS: number, usesMax: number): Promise<InviteLink>
  list(log: string): Promise<InviteLink[]>
  revoke(token: string): Promise<void>
  look(token: string): Promise<Lane>
  /** Resolves with the conversation's log, or '' when an admin has to agree first. */
  join(token: string, greeting: string): Promise<string>
  answer(log: string, user: string, accept: boolean): Promise<void>
}

/** Groups of which it is remembered who waits. */
const DOORS_MAX = 100

export function createInvites(context: FeatureContext): InvitesApi {
  const { call } = context
  const doors = new Map<string, Value<readonly Asking[]>>()
  const answered = new Value(0)

  /** Without success what is known stands. */
  async function look(log: string): Promise<void> {
    const { requests } = await call(Rpc.method.requests, { log })
    doors.get(log)?.set(requests.map(toAsking))
  }
  const news = (log: string): void => void (doors.has(log) && look(log).catch(() => undefined))

  function waiting(log: string): Observable<readonly Asking[]> {
    const known = doors.get(log)
    if (known) return known
    const door = new Value<readonly Asking[]>([], (watched) => {
      if (watched) news(log)
    })
    doors.set(log, door)
    for (const oldest of doors.keys()) {
      if (doors.size <= DOORS_MAX) break
      doors.delete(oldest)
    }
    return door
  }

  context.onEvent(JoinAskedSchema, (_event, { request }) => news(request?.log ?? ''))
  context.onEvent(JoinAnsweredSchema, (_event, { log }) => {
    news(log)
    answered.set(answered.get() + 1)
  })
  return {
    waiting,
    answered,
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
    async answer(log, user, accept) {
      await call(Rpc.method.answer, { log, user, accept }).finally(() => news(log))
    },
  }
}

function toAsking({ profile, greeting, atMs }: JoinRequest): Asking {
  return { person: toPerson(profile), greeting, atMs: Number(atMs) }
}

function toLink(invite: Invite | undefined): InviteLink {
  const { token = '', by = '', expiresAtMs = 0n, usesMax = 0, uses = 0 } = invite ?? {}
  return { token, by, expiresAtMs: Number(expiresAtMs), usesMax, uses }
}

export const invitesApi = (app: App): InvitesApi => app.features.get(NAME) as InvitesApi
