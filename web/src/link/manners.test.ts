/** Heartbeats, races, bans and patience: the same figures as in Python, some by shared vectors. */
import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import vectors from '../../../schema/vectors/heartbeat.json'
import { Endpoint_Kind, ManifestSchema } from '../schema/sealed_pb'
import type { Activity } from './activity'
import { Avalanche } from './avalanche'
import { Bans } from './bans'
import { Heartbeat, PONG_WITHIN_MS } from './heartbeat'
import * as learning from './learnt'
import { Networks } from './networks'
import { firstPacketMs, reconnectMs, retryMs } from './patience'
import { Race } from './race'
import { waysOf } from './ways'

const SECOND_MS = 1000

interface LearntVector {
  interval_s: number
  step_s: number
  successes: number
  failures: number
  stable_since_s: number
}

interface LearntStep extends LearntVector {
  event: string
  now_s: number
  quiet_s?: number
}

function learntOf(vector: LearntVector): learning.Learnt {
  const { successes, failures } = vector
  return {
    intervalMs: vector.interval_s * SECOND_MS,
    stepMs: vector.step_s * SECOND_MS,
    successes,
    failures,
    stableSinceMs: vector.stable_since_s * SECOND_MS,
  }
}

describe('what a network teaches', () => {
  it('LINK47: goes by the figures of the vectors', () => {
    expect(vectors.figures).toEqual({
      shortest_s: learning.SHORTEST_MS / SECOND_MS,
      longest_s: learning.LONGEST_MS / SECOND_MS,
      step_s: learning.STEP_MS / SECOND_MS,
      later_step_s: learning.LATER_STEP_MS / SECOND_MS,
      later_after_s: learning.LATER_AFTER_MS / SECOND_MS,
      successes: learning.SUCCESSES,
      failures: learning.FAILURES,
      pong_within_s: PONG_WITHIN_MS / SECOND_MS,
      cut_quiet_s: learning.CUT_QUIET_MS / SECOND_MS,
      cut_margin_s: learning.CUT_MARGIN_MS / SECOND_MS,
      cut_shortest_s: learning.CUT_SHORTEST_MS / SECOND_MS,
    })
  })

  it.each(vectors.intervals)('LINK47: %o', ({ interval_s, activity, limit_s, expected_s }) => {
    const learnt = { ...learning.NOTHING_LEARNT, intervalMs: interval_s * SECOND_MS }
    const interval = learning.intervalMs(learnt, activity as Activity, limit_s * SECOND_MS)
    expect(interval).toBe(expected_s * SECOND_MS)
  })

  it.each(vectors.learnt)('LINK48, LINK59: $name', ({ start, steps }) => {
    let learnt = learntOf(start)
    for (const step of steps as LearntStep[]) {
      const nowMs = step.now_s * SECOND_MS
      if (step.event === 'succeeded') learnt = learning.succeeded(learnt, nowMs)
      else if (step.event === 'failed') learnt = learning.failed(learnt, nowMs)
      else learnt = learning.cut(learnt, (step.quiet_s ?? NaN) * SECOND_MS, nowMs)
      expect(learnt).toEqual(learntOf(step))
    }
  })

  it('remembers the networks seen last, and stores what it learns', () => {
    let stored: unknown
    const networks = new Networks([], (records) => (stored = records))
    for (let network = 0; network < 70; network++)
      networks.learn(`${network}`, { ...learning.NOTHING_LEARNT, successes: 1 })
    expect(networks.learnt('5').successes).toBe(0)
    expect(networks.learnt('6').successes).toBe(1)
    expect(new Networks(stored as never, () => undefined).learnt('69').successes).toBe(1)
  })
})

describe('the heartbeat of a connection', () => {
  it.each(vectors.heartbeats)('LINK47, CONN11: $name', (vector) => {
    const learnt = learntOf(vector.learnt)
    const activity = vector.activity as Activity
    const heartbeat = new Heartbeat(vector.limit_s * SECOND_MS, learnt, activity, 0)
    for (const step of vector.steps as HeartbeatStep[]) {
      const nowMs = step.now * SECOND_MS
      if (step.op === 'sent') heartbeat.sent(nowMs)
      else if (step.op === 'heard') expect(heartbeat.heard(nowMs, step.pong ?? 0)).toBe(step.tried)
      else if (step.op === 'turn') heartbeat.turn(step.activity ?? 'foreground', learnt)
      else {
        const beat = step.op === 'take' ? heartbeat.take(nowMs) : heartbeat.probe(nowMs)
        expect([beat, heartbeat.number]).toEqual([step.beat, step.number])
      }
      expect(heartbeat.deadlineMs).toBe(step.deadline * SECOND_MS)
      expect(heartbeat.waiting).toBe(step.waiting)
    }
  })
})

interface HeartbeatStep {
  op: string
  now: number
  pong?: number
  tried?: boolean
  activity?: Activity
  beat?: string
  number?: number
  deadline: number
  waiting: boolean
}

describe('a race', () => {
  it('starts the next way every 2.5 s, three at a time, each for 10 s', () => {
    const race = new Race(['a', 'b', 'c', 'd', 'a'], 0)
    expect([race.start(0), race.start(0)]).toEqual(['a', null])
    expect(race.deadlineMs).toBe(2_500)
    expect([race.start(2_499), race.start(2_500), race.start(5_000), race.start(7_500)]).toEqual([
      null,
      'b',
      'c',
      null,
    ])
    expect(race.deadlineMs).toBe(10_000)
    expect(race.late(9_999)).toEqual([])
    expect(race.late(10_000)).toEqual(['a'])
    race.failed('a', 10_000)
    expect(race.start(10_000)).toBe('d')
    for (const way of ['b', 'c', 'd']) race.failed(way, 10_000)
    expect(race.over).toBe(true)
    expect(race.deadlineMs).toBe(Infinity)
  })

  it('a failure lets the next start at once; one that is no longer running changes nothing', () => {
    const race = new Race(['a', 'b', 'c'], 0)
    race.start(0)
    race.failed('a', 10)
    expect(race.start(10)).toBe('b')
    race.failed('a', 20)
    expect(race.start(20)).toBeNull()
  })
})

describe('bans', () => {
  const MINUTE_MS = 60_000

  it('three failures in the last eight attempts ban for 6 minutes, then 12, 24, 30', () => {
    const bans = new Bans()
    let now = 0
    for (const minutes of [6, 12, 24, 30, 30]) {
      while (bans.bannedUntilMs('a') <= now) bans.failed('a', now)
      expect(bans.bannedUntilMs('a')).toBe(now + minutes * MINUTE_MS)
      now += minutes * MINUTE_MS
    }
    bans.succeeded('a')
    expect(bans.bannedUntilMs('a')).toBe(0)
  })

  it('old failures do not count', () => {
    const bans = new Bans()
    bans.failed('a', 0)
    bans.failed('a', 0)
    for (let success = 0; success < 7; success++) bans.succeeded('a')
    bans.failed('a', 0)
    expect(bans.bannedUntilMs('a')).toBe(0)
  })

  it('banned ways are left out, unless there are no others; another network forgives', () => {
    const bans = new Bans()
    for (const [way, now] of [
      ['a', 1],
      ['b', 0],
    ] as const)
      for (let n = 0; n < 3; n++) bans.failed(way, now)
    expect(bans.order(['a', 'b', 'c'], 10)).toEqual(['c'])
    expect(bans.order(['a', 'b'], 10)).toEqual(['b', 'a'])
    bans.forgive()
    expect(bans.order(['a', 'b', 'c'], 10)).toEqual(['a', 'b', 'c'])
  })

  it('are bounded', () => {
    const bans = new Bans()
    for (let n = 0; n < 3; n++) bans.failed('first', 0)
    for (let way = 0; way < 256; way++) bans.failed(`${way}`, 0)
    expect(bans.bannedUntilMs('first')).toBe(0)
  })
})

describe('patience', () => {
  it('CONN14: retries after 0.5 s, doubling to 30 s, shortened by up to half', () => {
    expect([0, 1, 5, 6, 1000].map((attempt) => retryMs(attempt, 0))).toEqual([
      500, 1000, 16_000, 30_000, 30_000,
    ])
    expect(retryMs(1, 0.999)).toBeCloseTo(500.5)
  })

  it('CONN19: reconnects less often when nobody looks', () => {
    const longest = (['foreground', 'background', 'inactive'] as const).map((each) =>
      reconnectMs(20, 0, each),
    )
    expect(longest).toEqual([30_000, 240_000, 600_000])
  })

  it('waits for a first answer by size and network', () => {
    expect(firstPacketMs(0, 'fast')).toBe(12_000)
    expect(firstPacketMs(12 * 1024, 'fast')).toBe(13_000)
    expect(firstPacketMs(1e9, 'fast')).toBe(22_000)
    expect(firstPacketMs(4 * 1024, 'mobile')).toBe(16_000)
    expect(firstPacketMs(1e9, 'mobile')).toBe(30_000)
  })

  it('the same thing is repeated 105 times in an hour, no more', () => {
    const avalanche = new Avalanche()
    for (let time = 0; time < 105; time++) expect(avalanche.allows('a', time)).toBe(true)
    expect(avalanche.allows('a', 200)).toBe(false)
    expect(avalanche.allows('b', 200)).toBe(true)
    expect(avalanche.allows('a', 3_600_000)).toBe(true)
  })
})

describe('ways', () => {
  const manifest = create(ManifestSchema, {
    endpoints: [
      { kind: Endpoint_Kind.LINK, host: 'other.example', port: 8301 },
      { kind: Endpoint_Kind.WEB, host: 'other.example', port: 443 },
      { kind: Endpoint_Kind.WEB, host: '2001:db8::1', port: 8443 },
      { kind: Endpoint_Kind.WEB, host: 'plain.example', port: 80, plain: true },
      { kind: Endpoint_Kind.WEB, host: 'lane.example', port: 443 },
      { kind: Endpoint_Kind.WEB, host: 'no port', port: 0 },
      { kind: Endpoint_Kind.WEB, host: 'a b', port: 443 },
    ],
  })

  it('the own server by WebSocket, then by POST, then what the manifest names', () => {
    expect(waysOf('wss://lane.example/link', manifest)).toEqual([
      'wss://lane.example/link',
      'https://lane.example/link',
      'wss://other.example/link',
      'wss://[2001:db8::1]:8443/link',
    ])
  })

  it('a page without TLS may open plain connections', () => {
    expect(waysOf('ws://127.0.0.1:8300/link', manifest)).toContain('ws://plain.example/link')
    expect(waysOf('ws://127.0.0.1:8300/link', null)).toEqual([
      'ws://127.0.0.1:8300/link',
      'http://127.0.0.1:8300/link',
    ])
  })
})
