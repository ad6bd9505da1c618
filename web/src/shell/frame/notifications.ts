/** Notifications of the system, while the page is open but hidden. */
export interface Notice {
  title: string
  body: string
  log: string
}

export const notificationsSupported = (): boolean => 'Notification' in globalThis

export async function askForNotifications(): Promise<boolean> {
  if (!notificationsSupported()) return false
  return (await Notification.requestPermission()) === 'granted'
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

/** Calls back with the conversation of a pressed notification; returns what ends that. */
export function onOpenRequest(handle: (log: string) => void): () => void {
  open = handle
  const listen = (event: MessageEvent<unknown>): void => {
    const data = event.data
    if (typeof data === 'object' && data !== null && 'open' in data && typeof data.open === 'string')
      handle(data.open)
  }
  serviceWorker?.addEventListener('message', listen)
  return () => {
    open = () => undefined
    serviceWorker?.removeEventListener('message', listen)
  }
}
