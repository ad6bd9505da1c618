/** What the candidates of one gathering say about the network this browser is in. Pure. */

/**
 * How the network treats UDP: `open` without a NAT; `steady` with one that shows everybody the same port;
 * `varies` when each destination sees another; `blocked` when nothing comes back; `single` when one place
 * was asked only, and `hidden` when the browser keeps to itself what would tell.
 */
export type NatKind = 'open' | 'steady' | 'varies' | 'blocked' | 'single' | 'hidden'

/** How often a direct path opens; the Python client says the same (`Chance` in hutong/client/nat.py). */
export type Chance = 'best' | 'good' | 'some' | 'none' | 'unknown'

export interface NatFinding {
  kind: NatKind
  /** Host and port as the server sees them; '' when it sees nothing else than the browser itself. */
  outside: string
}

/** The fields of an RTCIceCandidate that are read here. */
export interface GatheredCandidate {
  type: string | null
  protocol: string | null
  address: string | null
  port: number | null
  relatedAddress: string | null
  relatedPort: number | null
}

export interface Gathered {
  candidates: readonly GatheredCandidate[]
  /** How many places were asked, and how many of them the browser says did not answer. */
  asked: number
  failed: number
  /** Every place has answered or was given up. */
  complete: boolean
}

const CHANCES: Record<NatKind, Chance> = {
  open: 'best',
  steady: 'good',
  varies: 'some',
  blocked: 'none',
  single: 'unknown',
  hidden: 'unknown',
}

export function chanceOf(kind: NatKind): Chance {
  return CHANCES[kind]
}

export function findNat({ candidates, asked, failed, complete }: Gathered): NatFinding {
  const udp = candidates.filter(({ protocol }) => protocol === 'udp')
  // An address that is a name (mDNS) or missing is hidden from pages without camera or microphone.
  const hosts = udp.filter(({ type, address }) => type === 'host' && isNumeric(address))
  const mapped = udp.filter(({ type }) => type === 'srflx')
  const [first] = mapped
  if (first === undefined) {
    if (!complete || failed >= asked) return { kind: 'blocked', outside: '' }
    // A browser leaves out what the server sees when it is the browser's own address.
    return { kind: hosts.length > 0 ? 'open' : 'hidden', outside: '' }
  }
  const outside = place(first.address, first.port)
  if (hosts.some(({ address }) => address === first.address)) return { kind: 'open', outside }
  if (placesBySocket(mapped).some((places) => places.size > 1)) return { kind: 'varies', outside }
  // The same answer of two places comes as one candidate, so it is the silence of one that has to be known.
  const two = asked > 1 && failed === 0 && complete
  return { kind: two ? 'steady' : 'single', outside }
}

/** The outside addresses of each of the browser's sockets; with hidden ones there is only one to tell. */
function placesBySocket(mapped: readonly GatheredCandidate[]): Set<string>[] {
  const sockets = new Map<string, Set<string>>()
  for (const { address, port, relatedAddress, relatedPort } of mapped) {
    const socket = place(relatedAddress, relatedPort)
    const places = sockets.get(socket) ?? new Set<string>()
    sockets.set(socket, places.add(place(address, port)))
  }
  return [...sockets.values()]
}

function isNumeric(address: string | null): boolean {
  return address !== null && /^[\d.]+$|:/.test(address)
}

function place(address: string | null, port: number | null): string {
  const host = address ?? ''
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`
}
