/** Web Push as this browser has it; a port, so that tests need no browser. */
export interface PushBrowser {
  /** iOS has it only for apps on the home screen. */
  support(): 'yes' | 'install' | 'no'
  permission(): NotificationPermission
  ask(): Promise<NotificationPermission>
  /** The subscription with this server key, made when there is none or one of another key. */
  subscribe(key: Uint8Array<ArrayBuffer>): Promise<Subscription>
  unsubscribe(): Promise<void>
  /** Calls back when the browser replaced its subscription. */
  onRenewed(handle: () => void): void
}

export interface Subscription {
  endpoint: string
  p256dh: Uint8Array<ArrayBuffer>
  auth: Uint8Array<ArrayBuffer>
}

export function thisBrowser(): PushBrowser {
  const { serviceWorker } = navigator as Partial<Navigator>
  const manager = async (): Promise<PushManager> => {
    if (serviceWorker === undefined) throw new Error('no service worker')
    return (await serviceWorker.ready).pushManager
  }
  return {
    support() {
      if (serviceWorker !== undefined && 'PushManager' in globalThis && 'Notification' in globalThis)
        return 'yes'
      return /iPhone|iPad/.test(navigator.userAgent) && serviceWorker !== undefined ? 'install' : 'no'
    },
    permission: () => ('Notification' in globalThis ? Notification.permission : 'denied'),
    ask: () => Notification.requestPermission(),
    async subscribe(key) {
      const pushes = await manager()
      const known = await pushes.getSubscription()
      const old = known?.options.applicationServerKey
      if (known && old && !isSame(new Uint8Array(old), key)) await known.unsubscribe()
      const made = await pushes.subscribe({ userVisibleOnly: true, applicationServerKey: key })
      return { endpoint: made.endpoint, p256dh: part(made, 'p256dh'), auth: part(made, 'auth') }
    },
    async unsubscribe() {
      await (await (await manager()).getSubscription())?.unsubscribe()
    },
    onRenewed(handle) {
      serviceWorker?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (typeof data === 'object' && data !== null && 'renewed' in data) handle()
      })
    },
  }
}

const part = (made: PushSubscription, name: PushEncryptionKeyName): Uint8Array<ArrayBuffer> =>
  new Uint8Array(made.getKey(name) ?? new ArrayBuffer(0))

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, place) => byte === b[place])
