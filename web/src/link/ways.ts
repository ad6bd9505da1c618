/**
 * The ways from this page to its server, best first. A way is an address: `ws:` and `wss:` stand for a
 * WebSocket, `http:` and `https:` for the POST carrier.
 */
import { Endpoint_Kind, type Endpoint, type Manifest } from '../schema/sealed_pb'

/** `link` is the page's own address of the link, e.g. `wss://host/link`. */
export function waysOf(link: string, manifest: Manifest | null): string[] {
  const own = new URL(link)
  const elsewhere = (manifest?.endpoints ?? []).flatMap((endpoint) => wayOf(endpoint, own) ?? [])
  return [...new Set([own.href, postOf(own), ...elsewhere])]
}

/** Whether a way asks and waits, instead of being a line: worth leaving when a line can be had. */
export function isPost(way: string): boolean {
  return way.startsWith('http')
}

/** A page may post to its own server only; to the others it opens WebSockets. */
function postOf(link: URL): string {
  const url = new URL(link)
  url.protocol = link.protocol === 'wss:' ? 'https:' : 'http:'
  return url.href
}

function wayOf({ kind, host, port, plain }: Endpoint, own: URL): string | null {
  if (kind !== Endpoint_Kind.WEB || port === 0 || port > 65_535) return null
  // Browsers do not let a page that came over TLS open a plain connection.
  if (plain && own.protocol === 'wss:') return null
  const name = host.includes(':') ? `[${host}]` : host
  try {
    return new URL(own.pathname, `${plain ? 'ws' : 'wss'}://${name}:${port}`).href
  } catch {
    return null
  }
}
