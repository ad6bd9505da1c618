import { writable } from 'svelte/store'
import { beforeEach, describe, expect, it } from 'vitest'
import { FakeContext } from '../../model/testing/feature-context'
import { Direct, MetSchema, PartedSchema } from '../../schema/direct_pb'
import type { PeerPhase, Peers, PeerSessionOptions } from '../peers/api'
import { OPENS_WITHIN_MS } from './channel'
import { DirectText } from './direct'

const LOG = 'chat:1'
const MET = { log: LOG, session: 's1', user: 'them', offerer: true }

class FakePeers {
  free = 1
  readonly open_: string[] = []
  readonly #phases = new Map<string, (phase: PeerPhase) => void>()

  open({ session }: PeerSessionOptions): unknown {
    const status = writable<{ phase: PeerPhase }>({ phase: 'connecting' })
    this.open_.push(session)
    this.#phases.set(session, (phase) => status.set({ phase }))
    return { status, close: () => this.open_.splice(this.open_.indexOf(session), 1) }
  }

  enter(session: string, phase: PeerPhase): void {
    this.#phases.get(session)?.(phase)
  }
}

describe('a meeting', () => {
  let context: FakeContext
  let peers: FakePeers
  let attended: string[]
  let taken: Set<string>
  let direct: DirectText
  let hide: () => void
  const settle = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve))
  const met = async (more: Partial<typeof MET> = {}): Promise<void> => {
    context.notice(MetSchema, { ...MET, ...more })
    await settle()
  }

  beforeEach(() => {
    context = new FakeContext('me', 'd1')
    peers = new FakePeers()
    attended = []
    taken = new Set()
    context.answer(Direct.method.attend, ({ log }) => {
      attended.push(log ?? '')
      return { allowed: true }
    })
    direct = new DirectText(context, peers as unknown as Peers, (session) => {
      if (taken.has(session)) return Promise.resolve(null)
      taken.add(session)
      return Promise.resolve(() => taken.delete(session))
    })
    context.link.set('online')
    hide = direct.show(LOG, 'them')
  })

  it('is asked for while the conversation is shown, on each connection, and again in a while (DIRECT1)', () => {
    expect(attended).toEqual([LOG])
    context.link.set('offline')
    context.link.set('online')
    expect(attended).toEqual([LOG, LOG])
    context.clock.advance(240_000)
    expect(attended).toEqual([LOG, LOG, LOG])
    hide()
    expect(attended.at(-1)).toBe('')
    context.clock.advance(240_000)
    expect(attended).toHaveLength(4)
  })

  it('opens one path, for this conversation and this person, until they part', async () => {
    await met({ log: 'chat:2' })
    await met({ user: 'somebody' })
    expect(peers.open_).toEqual([])
    await met()
    await met()
    expect(peers.open_).toEqual(['s1'])
    await met({ session: 's2' })
    expect(peers.open_).toEqual(['s2'])
    context.notice(PartedSchema, { session: 's1' })
    expect(peers.open_).toEqual(['s2'])
    context.notice(PartedSchema, { session: 's2' })
    expect(peers.open_).toEqual([])
    expect(taken.size).toBe(0)
  })

  it('belongs to one window', async () => {
    taken.add('s1')
    await met()
    expect(peers.open_).toEqual([])
  })

  it('is given up when no direct path opens, for the other end too (DIRECT2)', async () => {
    await met()
    context.clock.advance(OPENS_WITHIN_MS)
    expect(peers.open_).toEqual([])
    expect(attended.at(-1)).toBe('')
  })

  it('that the server forgot ends, and the conversation is attended on', async () => {
    await met()
    peers.enter('s1', 'gone')
    expect(peers.open_).toEqual([])
    expect(attended).toEqual([LOG])
  })

  it('ends with the screen that shows the conversation', async () => {
    await met()
    hide()
    expect(peers.open_).toEqual([])
    await met({ session: 's2' })
    expect(peers.open_).toEqual([])
  })
})
