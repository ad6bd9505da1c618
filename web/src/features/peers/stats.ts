/** Reads what the browser measured into the few figures a person is shown. Pure. */
import type { Path } from '../../model/types'

export interface PathStats {
  path: Path
  /** Share of packets that did not arrive since the last reading, 0..1. */
  loss: number
  /** Share of sound that had to be made up since the last reading, 0..1. */
  concealed: number
  roundTripMs: number
  sentBitsPerS: number
  receivedBitsPerS: number
}

export const NO_STATS: PathStats = {
  path: 'unknown',
  loss: 0,
  concealed: 0,
  roundTripMs: 0,
  sentBitsPerS: 0,
  receivedBitsPerS: 0,
}

/** The fields we read of any entry of an RTCStatsReport (webrtc-stats); browsers leave out what they like. */
export interface StatsEntry {
  id: string
  type: string
  kind?: string
  state?: string
  selected?: boolean
  nominated?: boolean
  selectedCandidatePairId?: string
  localCandidateId?: string
  remoteCandidateId?: string
  candidateType?: string
  currentRoundTripTime?: number
  bytesSent?: number
  bytesReceived?: number
  packetsReceived?: number
  packetsLost?: number
  concealedSamples?: number
  totalSamplesReceived?: number
}

/** Running totals, to subtract the last reading's from. */
export interface Totals {
  atMs: number
  pair: string
  bytesSent: number
  bytesReceived: number
  packetsReceived: number
  packetsLost: number
  concealed: number
  samples: number
}

type Report = ReadonlyMap<string, StatsEntry>

/** The candidate pair in use: the transport names it, or (Firefox) the pair itself says so. */
function selectedPair(report: Report): StatsEntry | undefined {
  for (const entry of report.values())
    if (entry.type === 'transport' && entry.selectedCandidatePairId)
      return report.get(entry.selectedCandidatePairId)
  const pairs = [...report.values()].filter((entry) => entry.type === 'candidate-pair')
  return (
    pairs.find((pair) => pair.selected) ?? pairs.find((pair) => pair.nominated && pair.state === 'succeeded')
  )
}

/** Relayed when either end of the pair is a relay's address. */
export function pathOf(report: Report): Path {
  const pair = selectedPair(report)
  if (pair === undefined) return 'unknown'
  const ends = [pair.localCandidateId, pair.remoteCandidateId].map((id) => report.get(id ?? ''))
  if (ends.some((end) => end === undefined)) return 'unknown'
  return ends.some((end) => end?.candidateType === 'relay') ? 'relayed' : 'direct'
}

export function totalsOf(report: Report, nowMs: number): Totals {
  const pair = selectedPair(report)
  const inbound = [...report.values()].filter((entry) => entry.type === 'inbound-rtp')
  const sum = (read: (entry: StatsEntry) => number | undefined) =>
    inbound.reduce((total, entry) => total + (read(entry) ?? 0), 0)
  return {
    atMs: nowMs,
    pair: pair?.id ?? '',
    bytesSent: pair?.bytesSent ?? 0,
    bytesReceived: pair?.bytesReceived ?? 0,
    packetsReceived: sum((entry) => entry.packetsReceived),
    packetsLost: sum((entry) => entry.packetsLost),
    concealed: sum((entry) => entry.concealedSamples),
    samples: sum((entry) => entry.totalSamplesReceived),
  }
}

/** A share of a whole, 0 when there is nothing to share or a counter went back. */
function share(part: number, whole: number): number {
  return whole <= 0 || part <= 0 ? 0 : Math.min(1, part / whole)
}

export function statsBetween(report: Report, before: Totals | null, now: Totals): PathStats {
  const lost = now.packetsLost - (before?.packetsLost ?? 0)
  const received = now.packetsReceived - (before?.packetsReceived ?? 0)
  const seconds = before?.pair === now.pair ? (now.atMs - before.atMs) / 1000 : 0
  const rate = (bytes: number) => (seconds > 0 ? Math.max(0, Math.round((bytes * 8) / seconds)) : 0)
  return {
    path: pathOf(report),
    loss: share(lost, lost + received),
    // What came before the first packet is filled in too; that says nothing of the network.
    concealed: before === null ? 0 : share(now.concealed - before.concealed, now.samples - before.samples),
    roundTripMs: Math.round((selectedPair(report)?.currentRoundTripTime ?? 0) * 1000),
    sentBitsPerS: rate(now.bytesSent - (before?.bytesSent ?? 0)),
    receivedBitsPerS: rate(now.bytesReceived - (before?.bytesReceived ?? 0)),
  }
}
