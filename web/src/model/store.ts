/**
 * Keeps memory and IndexedDB in step: changes run one after the other, those that wait share a
 * transaction, and nothing is announced before the transaction that holds it is through.
 */
import { toRpcError } from '../link/errors'
import { Change, type Committed } from './change'
import { STORES, type Database } from './database'
import { State } from './state'

/** Changes in one transaction; more would only make the screen wait. */
const GROUP_MAX = 64

export interface ChangeOptions {
  /** Rejects and takes the change back when it cannot be stored. Without it, what cannot be stored is
   * shown all the same: it came from the server, which has it. */
  durable?: boolean
}

interface Job {
  kind: 'change' | 'durable' | 'read'
  run(change: Change): void
  read(): Promise<void>
  done(): void
  fail(error: unknown): void
}

export class Store {
  readonly state = new State()
  readonly #database: Database
  readonly #listeners = new Set<(committed: Committed) => void>()
  #jobs: Job[] = []
  #working = false

  constructor(database: Database) {
    this.#database = database
  }

  get database(): Database {
    return this.#database
  }

  /** Hears of every commit; returns the unsubscriber. */
  listen(listener: (committed: Committed) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Runs `run` when its turn comes; resolves with its result after the commit and its announcement. */
  change<T>(run: (change: Change) => T, { durable = false }: ChangeOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: { value: T } | undefined
      this.#enqueue({
        kind: durable ? 'durable' : 'change',
        run: (change) => (result = { value: run(change) }),
        read: () => Promise.resolve(),
        done: () => {
          if (result !== undefined) resolve(result.value)
        },
        fail: reject,
      })
    })
  }

  /** Runs `read` when no change is under way, so that it sees memory and IndexedDB in step. */
  read<T>(read: (database: Database) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        kind: 'read',
        run: () => undefined,
        read: async () => resolve(await read(this.#database)),
        done: () => undefined,
        fail: reject,
      })
    })
  }

  /** Reads everything again: at the beginning, and when another tab signed in or out. */
  async reload(): Promise<void> {
    await this.read((database) => this.state.load(database))
    await this.change((change) => change.announceReload())
  }

  /** Reads the outbox again, which another tab changed. */
  async reloadOutbox(): Promise<void> {
    await this.read((database) => this.state.loadOutbox(database))
    await this.change((change) => change.announceOutbox())
  }

  #enqueue(job: Job): void {
    this.#jobs.push(job)
    if (this.#working) return
    this.#working = true
    queueMicrotask(() => void this.#work())
  }

  async #work(): Promise<void> {
    for (;;) {
      const group = this.#next()
      const [first] = group
      if (first === undefined) break
      if (first.kind === 'read') await first.read().catch((error: unknown) => first.fail(error))
      else await this.#commit(group, first.kind === 'durable')
    }
    this.#working = false
  }

  /** The next job, and those after it that may share its transaction. */
  #next(): Job[] {
    let count = 1
    const shares = (place: number): boolean => this.#jobs[place]?.kind === 'change' && place < GROUP_MAX
    if (shares(0)) while (shares(count)) count += 1
    return this.#jobs.splice(0, count)
  }

  async #commit(group: readonly Job[], durable: boolean): Promise<void> {
    const change = new Change(this.state)
    const failed = new Map<Job, unknown>()
    for (const job of group) {
      try {
        job.run(change)
      } catch (error) {
        failed.set(job, error)
      }
    }
    const error = await this.#write(change, durable)
    if (error !== null && durable) {
      change.undo()
      for (const job of group) job.fail(toRpcError(error))
      return
    }
    for (const listener of this.#listeners) listener(change.committed)
    for (const job of group) {
      if (failed.has(job)) job.fail(failed.get(job))
      else job.done()
    }
  }

  /** Returns why it could not be written, or null. */
  async #write(change: Change, durable: boolean): Promise<unknown> {
    if (change.empty) return null
    try {
      const durability = durable ? 'strict' : 'relaxed'
      const transaction = this.#database.transaction(STORES, 'readwrite', { durability })
      try {
        await change.write(transaction)
      } catch (error) {
        transaction.abort()
        await transaction.done.catch(() => undefined)
        throw error
      }
      await transaction.done
      return null
    } catch (error) {
      return error ?? new Error('not stored')
    }
  }
}

/** Whether the server has decided against something: trying again would not help. */
export function isRefusal(error: unknown): boolean {
  const passing = ['unavailable', 'deadline_exceeded', 'resource_exhausted', 'internal', 'unauthenticated']
  return !passing.includes(toRpcError(error).code)
}
