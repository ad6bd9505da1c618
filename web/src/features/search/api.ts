import type { App } from '../../model/api'
import { RpcError, type FeatureContext } from '../../model/feature'
import { toPerson } from '../../model/person'
import type { Observable, Person } from '../../model/types'
import { Kind, Search as Rpc, type Hit as WireHit } from '../../schema/search_pb'

export const NAME = 'search'

export const KINDS = ['any', 'text', 'picture', 'file', 'link', 'voice', 'video', 'poll'] as const
export type FoundKind = (typeof KINDS)[number]

const WIRE: Record<FoundKind, Kind> = {
  any: Kind.ANY,
  text: Kind.TEXT,
  picture: Kind.PICTURE,
  file: Kind.FILE,
  link: Kind.LINK,
  voice: Kind.VOICE,
  video: Kind.VIDEO,
  poll: Kind.POLL,
}

export interface Wanted {
  /** Words, all of them; "in quotes" next to each other. */
  text: string
  /** '' everywhere. */
  log: string
  /** User id of who said it, '' for anybody. */
  author: string
  kind: FoundKind
  /** 0: no bound. */
  fromMs: number
}

/** A stretch of an excerpt, in Unicode code points. */
export interface Span {
  start: number
  length: number
}

export interface Hit {
  log: string
  seq: number
  author: string
  atMs: number
  excerpt: string
  spans: readonly Span[]
}

export interface Found {
  hits: Hit[]
  /** For `more`; empty at the end. */
  cursor: Uint8Array
  /** The newest messages may be missing. */
  behind: boolean
}

export interface FoundPerson {
  person: Person
  contact: boolean
  /** By which they were found, when neither name nor handle says so. */
  nickname: string
}

export interface SearchApi {
  /** False once the server has said that it knows no search. */
  readonly available: Observable<boolean>
  messages(wanted: Wanted, cursor: Uint8Array, signal: AbortSignal): Promise<Found>
  /** Contacts, and people of one's groups, by a part of a name or a handle; the best first. */
  people(text: string, signal: AbortSignal): Promise<FoundPerson[]>
}

export const NO_CURSOR = new Uint8Array()

/** The answer may take a while when much is asked for. */
const DEADLINE_MS = 30_000

/** What a server says of a method that it does not have. */
const isUnknown = (error: unknown): boolean => error instanceof RpcError && error.reason === 'unknown_method'

export function createSearch({ call }: FeatureContext): SearchApi {
  const available = new Available()
  return {
    available,
    async messages({ kind, fromMs, ...wanted }, cursor, signal) {
      const request = { ...wanted, kind: WIRE[kind], fromMs: BigInt(fromMs), cursor }
      try {
        const reply = await call(Rpc.method.messages, request, { deadlineMs: DEADLINE_MS, signal })
        return { hits: reply.hits.map(toHit), cursor: reply.cursor, behind: reply.behind }
      } catch (error) {
        if (isUnknown(error)) available.end()
        throw error
      }
    },
    async people(text, signal) {
      const { people } = await call(Rpc.method.people, { text }, { deadlineMs: DEADLINE_MS, signal })
      return people.map(({ profile, contact, nickname }) => ({
        person: toPerson(profile),
        contact,
        nickname,
      }))
    },
  }
}

class Available implements Observable<boolean> {
  #value = true
  readonly #readers = new Set<(value: boolean) => void>()

  subscribe(run: (value: boolean) => void): () => void {
    this.#readers.add(run)
    run(this.#value)
    return () => this.#readers.delete(run)
  }

  end(): void {
    this.#value = false
    for (const run of this.#readers) run(false)
  }
}

function toHit({ event, seq, excerpt, spans }: WireHit): Hit {
  const { log = '', author = '', atMs = 0n } = event ?? {}
  return { log, seq, author, atMs: Number(atMs), excerpt, spans }
}

export const searchApi = (app: App): SearchApi => app.features.get(NAME) as SearchApi
