/** The members of a group too large to be listed with its conversation: asked for when somebody looks. */
import { Chat } from '../schema/chat_pb'
import { toMember } from './convert'
import type { Call } from './feature'
import { changesMembers, isListed } from './membership'
import type { Store } from './store'
import type { Member } from './types'

const PAGE_MEMBERS = 200
/** The largest group has 500 members. */
const PAGES_MAX = 10
/** Groups whose members are remembered. */
const KEPT_MAX = 20

export class Members {
  readonly #call: Call
  readonly #store: Store
  readonly #known = new Map<string, Promise<readonly Member[]>>()

  constructor(call: Call, store: Store) {
    this.#call = call
    this.#store = store
    store.listen(({ events, session, reloaded }) => {
      for (const { kind, log } of events) if (changesMembers(kind)) this.#known.delete(log)
      for (const log of reloaded) this.#known.delete(log)
      if (session) this.#known.clear()
    })
  }

  /** All members; of a large group as the server lists them, until something about them changes. */
  all(log: string): Promise<readonly Member[]> {
    const record = this.#store.state.conversations.get(log)
    if (record !== undefined && isListed(record)) return Promise.resolve(record.members)
    const known = this.#known.get(log)
    if (known !== undefined) return known
    const asked = this.#ask(log)
    this.#known.set(log, asked)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KEPT_MAX) break
      this.#known.delete(oldest)
    }
    asked.catch(() => {
      if (this.#known.get(log) === asked) this.#known.delete(log)
    })
    return asked
  }

  async #ask(log: string): Promise<readonly Member[]> {
    const members: Member[] = []
    for (let page = 0; page < PAGES_MAX; page++) {
      const after = members.at(-1)?.person.user ?? ''
      const reply = await this.#call(Chat.method.members, { log, after, limit: PAGE_MEMBERS })
      members.push(...reply.members.map(toMember))
      if (reply.members.length === 0 || members.length >= reply.total) break
    }
    await this.#store.change((change) => {
      for (const { person } of members) change.putPerson(person)
    })
    return members
  }
}
