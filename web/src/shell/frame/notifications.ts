/** Notifications of the system, while the page is open but hidden. */
import { navigate, route } from '../router.svelte'
import { notificationsSupported } from './permission'

export interface Notice {
  title: string
  body: string
  log: string
}

function openConversation(): string {
  const here = route()
  return here.name === 'chat' && document.visibilityState === 'visible' ? here.log : ''
}

/** Missing where the page did not come over https. */
const { serviceWorker } = navigator as Partial<Navigator>

/** Where a press on a notification leads. */
let open: (log: string) => void = () => undefined

/** Through the service worker where there is one: Android knows no other way. */
export async function showNotification({ title, body, log }: Notice): Promise<void> {
  if (!notificationsSupported() || Notification.permission !== 'granted') return
  const options = { body, tag: log, icon: '/icon-192.png', data: { log } }
  const worker = await serviceWorker?.getRegistration()
  if (worker?.active) {
    await worker.showNotification(title, options)
    return
  }
  const notification = new Notification(title, options)
  notification.onclick = () => {
    window.focus()
    open(log)
    notification.close()
  }
}

/**
 * Calls back with the conversation of a pressed notification; returns what ends that. A push names the message
 * too: then that is shown at once. Tells the worker which conversation is open, so that it is not announced.
 */
export function onOpenRequest(handle: (log: string) => void): () => void {
  open = handle
  const listen = ({ data, ports }: MessageEvent<unknown>): void => {
    if (typeof data !== 'object' || data === null) return
    if ('open' in data && typeof data.open === 'string') {
      const seq = 'seq' in data && typeof data.seq === 'number' ? data.seq : 0
      if (seq > 0) navigate({ name: 'chat', log: data.open, seq })
      else handle(data.open)
    }
    if ('asks' in data && data.asks === 'conversation') ports[0]?.postMessage(openConversation())
  }
  serviceWorker?.addEventListener('message', listen)
  return () => {
    open = () => undefined
    serviceWorker?.removeEventListener('message', listen)
  }
}
