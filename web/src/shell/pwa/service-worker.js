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

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data?.log))
})

async function open(log) {
  const [page] = await clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (!page) {
    await clients.openWindow(`/#/chat/${encodeURIComponent(log)}`)
    return
  }
  await page.focus()
  page.postMessage({ open: log })
}
