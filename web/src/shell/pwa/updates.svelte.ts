/** The service worker's life as the page sees it: a new version waits until the person says so. */
let waiting = $state.raw<ServiceWorker>()
let later = $state.raw<ServiceWorker>()

export const updateReady = (): boolean => waiting !== undefined && waiting !== later

/** The person wants to go on: this version is not spoken of again before the page is opened anew. */
export function updateLater(): void {
  later = waiting
}

/** The new version takes over, and the page starts anew with it. */
export function applyUpdate(): void {
  waiting?.postMessage('take over')
}

/** Looks for a new version this often while the page stays open. */
const LOOK_EVERY_MS = 60 * 60_000

let registered = false

/** Does nothing from the second call on. */
export function registerServiceWorker(): void {
  if (registered || !import.meta.env.PROD || !('serviceWorker' in navigator)) return
  registered = true
  let controlled = navigator.serviceWorker.controller !== null
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The very first worker takes over a page that is new already.
    if (controlled) location.reload()
    controlled = true
  })
  navigator.serviceWorker.register('/sw.js').then(watch, () => {
    // Without it (private windows, plain http) everything but the offline start works.
  })
}

function watch(registration: ServiceWorkerRegistration): void {
  const look = (): void => {
    if (registration.waiting && navigator.serviceWorker.controller) waiting = registration.waiting
  }
  look()
  registration.addEventListener('updatefound', () =>
    registration.installing?.addEventListener('statechange', look),
  )
  setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY_MS)
}
