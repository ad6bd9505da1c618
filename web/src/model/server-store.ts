/** What this browser keeps about its server, whoever is signed in: signing out does not forget it. */
import { isEqual } from '../link/bytes'
import type { NetworkRecords } from '../link/networks'
import type { IdentityRecord, IdentityStore } from '../link/sealed/identity'
import type { Database } from './database'

export class ServerStore implements IdentityStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async load(): Promise<IdentityRecord | null> {
    return ((await this.#database.get('server', 'identity')) as IdentityRecord | undefined) ?? null
  }

  async save(record: IdentityRecord): Promise<void> {
    const transaction = this.#database.transaction('server', 'readwrite')
    const stored = (await transaction.store.get('identity')) as IdentityRecord | undefined
    if (stored === undefined || (isEqual(stored.root, record.root) && stored.epoch <= record.epoch))
      await transaction.store.put(record, 'identity')
    await transaction.done
  }

  async replace(record: IdentityRecord): Promise<void> {
    await this.#database.put('server', record, 'identity')
  }

  async networks(): Promise<NetworkRecords> {
    return ((await this.#database.get('server', 'networks')) as NetworkRecords | undefined) ?? []
  }

  async saveNetworks(records: NetworkRecords): Promise<void> {
    await this.#database.put('server', records, 'networks')
  }
}
