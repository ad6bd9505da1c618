import { expect, test } from 'vitest'
import { pathOf, statsBetween, totalsOf, type StatsEntry } from './stats'

function report(...entries: StatsEntry[]): Map<string, StatsEntry> {
  return new Map(entries.map((entry) => [entry.id, entry]))
}

const pair = (local: string, remote: string, extra: Partial<StatsEntry> = {}): StatsEntry[] => [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
  { id: 'P', type: 'candidate-pair', localCandidateId: 'L', remoteCandidateId: 'R', ...extra },
  { id: 'L', type: 'local-candidate', candidateType: local },
  { id: 'R', type: 'remote-candidate', candidateType: remote },
]

test.each([
  ['host', 'host', 'direct'],
  ['srflx', 'prflx', 'direct'],
  ['relay', 'host', 'relayed'],
  ['host', 'relay', 'relayed'],
])('%s to %s is %s', (local, remote, path) => {
  expect(pathOf(report(...pair(local, remote)))).toBe(path)
})

test('PEER13: no pair yet is an unknown path, never a direct one', () => {
  expect(pathOf(report())).toBe('unknown')
  const [, selected] = pair('host', 'host')
  expect(pathOf(report(selected as StatsEntry))).toBe('unknown')
})

test('Firefox marks the pair itself', () => {
  const [, selected, local, remote] = pair('relay', 'host') as [
    StatsEntry,
    StatsEntry,
    StatsEntry,
    StatsEntry,
  ]
  expect(pathOf(report({ ...selected, selected: true }, local, remote))).toBe('relayed')
})

test('figures are those since the last reading', () => {
  const entries = (sent: number, received: number, packets: number, lost: number) =>
    report(
      ...pair('host', 'host', { bytesSent: sent, bytesReceived: received, currentRoundTripTime: 0.042 }),
      {
        id: 'A',
        type: 'inbound-rtp',
        kind: 'audio',
        packetsReceived: packets,
        packetsLost: lost,
        concealedSamples: lost * 960,
        totalSamplesReceived: (packets + lost) * 960,
      },
    )
  const before = totalsOf(entries(1_000, 2_000, 100, 0), 0)
  const later = entries(11_000, 52_000, 190, 10)
  expect(statsBetween(later, before, totalsOf(later, 2_000))).toEqual({
    path: 'direct',
    loss: 0.1,
    concealed: 0.1,
    roundTripMs: 42,
    sentBitsPerS: 40_000,
    receivedBitsPerS: 200_000,
  })
})

test('a new pair starts its counters over without negative rates', () => {
  const now = report(...pair('host', 'host', { bytesSent: 5 }))
  const before = { ...totalsOf(now, 0), pair: 'old', bytesSent: 9_999 }
  expect(statsBetween(now, before, totalsOf(now, 1_000)).sentBitsPerS).toBe(0)
})
