import { RpcError } from '../link/errors'
import { Contacts as Rpc, type Contact as WireContact } from '../schema/contacts_pb'
import { Identity } from '../schema/identity_pb'
import type { ContactsApi } from './api'
import { toContact, toContactRecord } from './convert'
import type { Call } from './feature'
import { applyPerson } from './inbox'
import { Value } from './observable'
import { toPerson } from './person'
import type { Store } from './store'
import type { Contact, Person } from './types'

const PROFILES_AT_ONCE_MAX = 200
/** Strangers remembered as such. */
const ASKED_MAX = 10_000

export class ContactsModel implements ContactsApi {
  readonly contacts = new Value<Contact[]>([])
  readonly people = new Value<ReadonlyMap<string, Person>>(new Map())
  readonly #call: Call
  readonly #store: Store
  /** Strangers that are to be asked for together. */
  readonly #unknown = new Set<string>()
  /** Those that were asked for already: somebody the server does not know either is asked for once. */
  readonly #asked = new Set<string>()
  #looking: Promise<void> = Promise.resolve()

  constructor(call: Call, store: Store) {
    this.#call = call
    this.#store = store
    store.listen(({ contacts, people }) => {
      if (contacts) this.#publishContacts()
      if (people) this.#publishPeople()
    })
  }

  #publishContacts(): void {
    const contacts = [...this.#store.state.contacts.values()].map(toContact)
    this.contacts.set(contacts.sort((a, b) => a.person.name.localeCompare(b.person.name)))
  }

  #publishPeople(): void {
    this.people.set(new Map(this.#store.state.people))
  }

  /** For whom nothing here names: a former member of a group, a member of a large one. */
  lookUp(user: string): Promise<void> {
    if (user === '' || this.#store.state.people.has(user)) return Promise.resolve()
    if (this.#asked.has(user)) return this.#looking
    if (this.#asked.size >= ASKED_MAX) this.#asked.clear()
    this.#asked.add(user)
    this.#unknown.add(user)
    if (this.#unknown.size === 1) this.#looking = Promise.resolve().then(() => this.#fetchUnknown())
    return this.#looking
  }

  async #fetchUnknown(): Promise<void> {
    const users = [...this.#unknown].slice(0, PROFILES_AT_ONCE_MAX)
    this.#unknown.clear()
    try {
      const { profiles } = await this.#call(Identity.method.getProfiles, { users })
      await this.#store.change((change) => {
        for (const profile of profiles) applyPerson(change, toPerson(profile))
      })
    } catch {
      for (const user of users) this.#asked.delete(user)
    }
  }

  // What these change comes back through the inbox, to this device as to all others.

  async find(handle: string): Promise<Contact> {
    return this.#toContact((await this.#call(Rpc.method.find, { handle })).contact)
  }

  async ask(user: string, greeting: string): Promise<void> {
    await this.#call(Rpc.method.ask, { user, greeting })
  }

  async answer(user: string, accept: boolean): Promise<void> {
    await this.#call(Rpc.method.answer, { user, accept })
  }

  async remove(user: string): Promise<void> {
    await this.#call(Rpc.method.remove, { user })
  }

  async block(user: string, blocked: boolean): Promise<void> {
    await this.#call(Rpc.method.block, { user, blocked })
  }

  #toContact(contact: WireContact | undefined): Contact {
    if (contact === undefined) throw new RpcError('not_found', 'There is no such person.', 'no_such_user')
    return toContact(toContactRecord(contact))
  }
}
