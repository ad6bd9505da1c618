/**
 * Keeps the app's own files, so that it starts offline and at once. The build puts the list of files
 * and a version before this text. It never touches the link, nor anything a person sent.
 */
/* global FILES, VERSION */

const CACHE = `shell-${VERSION}`

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldVersions().then(() => self.clients.claim()))
})

async function forgetOldVersions() {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith('shell-') && name !== CACHE)
  await Promise.all(old.map((name) => caches.delete(name)))
}

self.addEventListener('message', (event) => {
  if (event.data === 'take over') self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return
  // The page itself, whatever follows the #.
  if (event.request.mode === 'navigate' && url.pathname === '/') event.respondWith(cached('/', event.request))
  else if (FILES.includes(url.pathname)) event.respondWith(cached(url.pathname, event.request))
})

async function cached(path, request) {
  const cache = await caches.open(CACHE)
  return (await cache.match(path)) ?? fetch(request)
}

self.addEventListener('push', (event) => {
  event.waitUntil(announce(event.data))
})

/** How long an open page has to say which conversation it shows. */
const PAGE_MS = 500

/** Shows what the server says (`hutong.push.Nudge`), unless somebody is looking at that conversation. */
async function announce(data) {
  const { log, seq, title, body, badge } = readNudge(new Uint8Array(data ? await data.arrayBuffer() : []))
  if ('setAppBadge' in navigator) await navigator.setAppBadge(badge).catch(() => undefined)
  const pages = await self.clients.matchAll({ type: 'window' })
  const visible = pages.filter((page) => page.visibilityState === 'visible')
  const shown = await Promise.all(visible.map(conversationOf))
  if (log && shown.includes(log)) return
  await self.registration.showNotification(title || 'Hutong', {
    body,
    tag: log || 'hutong',
    renotify: true,
    icon: '/icon-192.png',
    data: { log, seq },
  })
}

function conversationOf(page) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => resolve(data)
    setTimeout(() => resolve(''), PAGE_MS)
    page.postMessage({ asks: 'conversation' }, [port2])
  })
}

/** Protobuf: fields 1, 3 and 4 are texts, 2 and 5 numbers. Fields of later versions are skipped. */
function readNudge(bytes) {
  const fields = { 1: '', 2: 0, 3: '', 4: '', 5: 0 }
  let at = 0
  const number = () => {
    let value = 0
    for (let shift = 1; at < bytes.length; shift *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * shift
      if (byte < 128) break
    }
    return value
  }
  while (at < bytes.length) {
    const key = number()
    const field = key >>> 3
    const kind = key & 7
    if (kind === 0) {
      const value = number()
      if (typeof fields[field] === 'number') fields[field] = value
    } else if (kind === 2) {
      const length = number()
      if (typeof fields[field] === 'string')
        fields[field] = new TextDecoder().decode(bytes.subarray(at, at + length))
      at += length
    } else if (kind === 1 || kind === 5) at += kind === 1 ? 8 : 4
    else break
  }
  return { log: fields[1], seq: fields[2], title: fields[3], body: fields[4], badge: fields[5] }
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data ?? {}))
})

/** Hidden content has no address: then the app opens as it is. */
async function open({ log, seq }) {
  const [page] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (!page) {
    const place = log ? `/#/chat/${encodeURIComponent(log)}${seq ? `/${seq}` : ''}` : '/'
    await self.clients.openWindow(place)
    return
  }
  await page.focus()
  if (log) page.postMessage({ open: log, seq: seq ?? 0 })
}

/** The browser has replaced its subscription. A page that is open tells the server; else the next one does. */
self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(renew(event.oldSubscription, event.newSubscription))
})

async function renew(before, after) {
  if (!after && before) await self.registration.pushManager.subscribe(before.options)
  for (const page of await self.clients.matchAll({ type: 'window' })) page.postMessage({ renewed: true })
}
