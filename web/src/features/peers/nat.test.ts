// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { get } from 'svelte/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { App } from '../../model/api'
import { ManualClock } from '../../model/testing/feature-context'
import { addMessages, setLanguage } from '../../shell/i18n/i18n.svelte'
import { messages } from './messages'
import { chanceOf, findNat, type Gathered, type GatheredCandidate } from './nat'
import { NatCheck } from './nat-check'
import NatSection from './NatSection.svelte'

addMessages(messages)

const SERVERS = [
  { urls: ['stun:192.0.2.1:8302', 'stun:192.0.2.2:8303'] },
  { urls: ['turn:192.0.2.1:8302?transport=udp'], username: 'u', credential: 'c' },
]

function host(address: string | null, protocol = 'udp'): GatheredCandidate {
  return { type: 'host', protocol, address, port: 5000, relatedAddress: null, relatedPort: null }
}

function mapped(address: string, port: number, relatedPort = 0): GatheredCandidate {
  return { type: 'srflx', protocol: 'udp', address, port, relatedAddress: '0.0.0.0', relatedPort }
}

function find(candidates: GatheredCandidate[], rest: Partial<Gathered> = {}) {
  return findNat({ candidates, asked: 2, failed: 0, complete: true, ...rest })
}

const INSIDE = host('192.168.1.7')
const HIDDEN = host('3f2504e0-4f89-11d3-9a0c-0305e82c3301.local')

describe('what the candidates say', () => {
  test.each<[string, GatheredCandidate[], Partial<Gathered>, string, string]>([
    ['the same place to both', [INSIDE, mapped('198.51.100.9', 4000)], {}, 'steady', '198.51.100.9:4000'],
    ['… with addresses hidden', [HIDDEN, mapped('198.51.100.9', 4000)], {}, 'steady', '198.51.100.9:4000'],
    [
      'another port to each',
      [INSIDE, mapped('198.51.100.9', 4000), mapped('198.51.100.9', 4001)],
      {},
      'varies',
      '198.51.100.9:4000',
    ],
    [
      'another address to each, and one place is silent',
      [INSIDE, mapped('198.51.100.9', 4000), mapped('198.51.100.10', 4000)],
      { complete: false },
      'varies',
      '198.51.100.9:4000',
    ],
    [
      'two sockets with a place each',
      [INSIDE, mapped('198.51.100.9', 4000, 5000), mapped('198.51.100.9', 4001, 5001)],
      {},
      'steady',
      '198.51.100.9:4000',
    ],
    [
      'our own address',
      [host('198.51.100.9'), mapped('198.51.100.9', 5000)],
      {},
      'open',
      '198.51.100.9:5000',
    ],
    ['nothing new', [host('198.51.100.9')], {}, 'open', ''],
    ['nothing new, one is silent', [host('198.51.100.9')], { failed: 1 }, 'open', ''],
    ['nothing, to a browser that hides', [HIDDEN], {}, 'hidden', ''],
    ['nothing, to one without addresses', [], {}, 'hidden', ''],
    ['nobody answers', [INSIDE], { failed: 2 }, 'blocked', ''],
    ['nobody answers in time', [INSIDE], { complete: false }, 'blocked', ''],
    ['TCP is no answer', [host('198.51.100.9', 'tcp')], {}, 'hidden', ''],
    ['one place asked', [INSIDE, mapped('198.51.100.9', 4000)], { asked: 1 }, 'single', '198.51.100.9:4000'],
    [
      'one place answers',
      [INSIDE, mapped('198.51.100.9', 4000)],
      { failed: 1 },
      'single',
      '198.51.100.9:4000',
    ],
    [
      'one place answers so far',
      [INSIDE, mapped('198.51.100.9', 4000)],
      { complete: false },
      'single',
      '198.51.100.9:4000',
    ],
    ['IPv6', [host('2001:db8::7'), mapped('2001:db8::9', 4000)], {}, 'steady', '[2001:db8::9]:4000'],
  ])('%s', (_name, candidates, rest, kind, outside) => {
    expect(find(candidates, rest)).toEqual({ kind, outside })
  })

  test('how likely a direct path is', () => {
    expect(chanceOf('open')).toBe('best')
    expect(chanceOf('steady')).toBe('good')
    expect(chanceOf('varies')).toBe('some')
    expect(chanceOf('blocked')).toBe('none')
    expect(chanceOf('single')).toBe('unknown')
    expect(chanceOf('hidden')).toBe('unknown')
  })
})

/** A connection whose browser is the test. */
class FakeGathering extends EventTarget {
  closed = false
  constructor(readonly configuration: RTCConfiguration) {
    super()
  }
  createDataChannel(): void {}
  setLocalDescription(): Promise<void> {
    return Promise.resolve()
  }
  close(): void {
    this.closed = true
  }
  gathers(...candidates: (GatheredCandidate | null)[]): void {
    for (const found of candidates) {
      const candidate = found && { ...found, candidate: 'candidate:1 1 udp' }
      this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }))
    }
  }
  misses(url: string): void {
    this.dispatchEvent(Object.assign(new Event('icecandidateerror'), { url }))
  }
}

class Bench {
  readonly clock = new ManualClock()
  readonly opened: FakeGathering[] = []
  servers: () => Promise<RTCIceServer[]> = () => Promise.resolve(SERVERS)
  readonly nat = new NatCheck({
    servers: () => this.servers(),
    newConnection: (configuration) => {
      const connection = new FakeGathering(configuration)
      this.opened.push(connection)
      return connection as unknown as RTCPeerConnection
    },
    clock: this.clock,
  })
  /** The connection of the check that runs. */
  async gathering(count = 1): Promise<FakeGathering> {
    await waitFor(() => expect(this.opened).toHaveLength(count))
    const connection = this.opened[count - 1]
    if (connection === undefined) throw new Error('not opened')
    return connection
  }
}

describe('a check', () => {
  test('asks the STUN addresses alone, once for all who want to know, and closes what it opened', async () => {
    const bench = new Bench()
    expect(get(bench.nat.state)).toEqual({ phase: 'idle' })
    const one = bench.nat.check()
    const other = bench.nat.check()
    expect(get(bench.nat.state)).toEqual({ phase: 'checking' })
    const connection = await bench.gathering()
    expect(connection.configuration).toEqual({ iceServers: [{ urls: SERVERS[0]?.urls }] })
    connection.gathers(INSIDE, mapped('198.51.100.9', 4000), mapped('198.51.100.9', 4001), null)
    await Promise.all([one, other])
    const finding = { kind: 'varies', outside: '198.51.100.9:4000' }
    expect(get(bench.nat.state)).toEqual({ phase: 'found', finding })
    expect(bench.opened).toHaveLength(1)
    expect(connection.closed).toBe(true)
  })

  test('ends without the browser when nobody answers', async () => {
    const bench = new Bench()
    const checking = bench.nat.check()
    const connection = await bench.gathering()
    connection.gathers(INSIDE)
    await waitFor(() => {
      bench.clock.advance(5_000)
      expect(get(bench.nat.state)).toEqual({ phase: 'found', finding: { kind: 'blocked', outside: '' } })
    })
    await checking
    expect(connection.closed).toBe(true)
  })

  test('believes the browser about places that do not answer', async () => {
    const bench = new Bench()
    const checking = bench.nat.check()
    const connection = await bench.gathering()
    connection.misses('stun:192.0.2.2:8303')
    connection.misses('stun:192.0.2.2:8303')
    connection.gathers(INSIDE, mapped('198.51.100.9', 4000), null)
    await checking
    expect(get(bench.nat.state)).toMatchObject({ finding: { kind: 'single' } })
  })

  test.each<[string, () => Promise<RTCIceServer[]>]>([
    ['no server answers', () => Promise.reject(new Error('offline'))],
    ['the server has no STUN', () => Promise.resolve([{ urls: 'turn:192.0.2.1:1' }])],
  ])('says so when %s', async (_name, servers) => {
    const bench = new Bench()
    bench.servers = servers
    await bench.nat.check()
    expect(get(bench.nat.state)).toEqual({ phase: 'unavailable' })
    expect(bench.opened).toHaveLength(0)
  })

  test('says so where the browser has no WebRTC, or forbids it', async () => {
    const servers = () => Promise.resolve(SERVERS)
    const clock = new ManualClock()
    const forbidden = () => {
      throw new Error('policy')
    }
    for (const newConnection of [undefined, forbidden]) {
      const nat = new NatCheck({ servers, newConnection, clock })
      await nat.check()
      expect(get(nat.state)).toEqual({ phase: 'unavailable' })
    }
  })
})

describe('on the page', () => {
  beforeEach(() => setLanguage('en'))
  afterEach(cleanup)

  function open(bench: Bench): void {
    const app = { features: new Map([['peers', bench.nat]]) } as unknown as App
    render(NatSection, { app })
  }

  test('it is said in words, and again when asked again', async () => {
    const bench = new Bench()
    open(bench)
    const row = screen.getByRole('group', { name: 'Direct connections' })
    expect(row).toHaveProperty('textContent', expect.stringContaining('Checking'))
    const first = await bench.gathering()
    const again = screen.getByRole<HTMLButtonElement>('button', { name: 'Check again' })
    expect(again.disabled).toBe(true)
    first.gathers(INSIDE, mapped('198.51.100.9', 4000), null)
    await waitFor(() => expect(row.textContent).toContain('Likely. Everybody sees this device'))
    expect(screen.getByRole('group', { name: 'Seen from outside as' }).textContent).toContain(
      '198.51.100.9:4000',
    )
    expect(again.disabled).toBe(false)
    await fireEvent.click(again)
    const second = await bench.gathering(2)
    second.misses('stun:192.0.2.1:8302')
    second.misses('stun:192.0.2.2:8303')
    second.gathers(null)
    await waitFor(() => expect(row.textContent).toContain('No: everything is relayed. Your network'))
    expect(screen.queryByRole('group', { name: 'Seen from outside as' })).toBeNull()
  })

  test('it speaks Chinese', async () => {
    setLanguage('zh')
    const bench = new Bench()
    bench.servers = () => Promise.resolve([])
    open(bench)
    await screen.findByText(/无法检测/)
  })
})
