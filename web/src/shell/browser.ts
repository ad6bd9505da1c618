/** What the model asks of the browser it runs in. */
import type { Activity } from '../link/activity'

/** "Firefox on Linux": what this device is called in the list of devices. */
export function deviceName(userAgent: string): string {
  const browser = first(userAgent, [
    [/\bEdg/, 'Edge'],
    [/\bOPR\//, 'Opera'],
    [/\bSamsungBrowser/, 'Samsung Internet'],
    [/\bFirefox|\bFxiOS/, 'Firefox'],
    [/Chrom|\bCriOS/, 'Chrome'],
    [/\bSafari/, 'Safari'],
  ])
  const system = first(userAgent, [
    [/\biPhone/, 'iPhone'],
    [/\biPad/, 'iPad'],
    [/\bAndroid/, 'Android'],
    [/\bCrOS/, 'ChromeOS'],
    [/\bWindows/, 'Windows'],
    [/\bMac OS/, 'Mac'],
    [/\bLinux/, 'Linux'],
  ])
  return system ? `${browser || 'Browser'} on ${system}` : browser || 'Browser'
}

function first(text: string, names: readonly (readonly [RegExp, string])[]): string {
  return names.find(([pattern]) => pattern.test(text))?.[1] ?? ''
}

/** The address must outlive the click: how long a browser takes to look at it is its own affair. */
const RELEASE_AFTER_MS = 60_000

/** Hands a finished download to the person. */
export function saveBlob(data: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(data)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), RELEASE_AFTER_MS)
}

/** As far as a browser has it (Chromium does). */
interface NetworkInformation extends EventTarget {
  readonly type?: string
  readonly effectiveType?: string
}

function networkInformation(): NetworkInformation | undefined {
  return (navigator as { connection?: NetworkInformation }).connection
}

/** Runs `run` when the network changed, or may have while the page slept. */
export function onNetworkChange(run: () => void): () => void {
  const woken = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) run()
  }
  const information = networkInformation()
  window.addEventListener('online', run)
  window.addEventListener('offline', run)
  window.addEventListener('pageshow', woken)
  document.addEventListener('resume', run)
  information?.addEventListener('change', run)
  return () => {
    window.removeEventListener('online', run)
    window.removeEventListener('offline', run)
    window.removeEventListener('pageshow', woken)
    document.removeEventListener('resume', run)
    information?.removeEventListener('change', run)
  }
}

export function networkKind(): 'fast' | 'mobile' {
  const { type, effectiveType } = networkInformation() ?? {}
  return type === 'cellular' || ['slow-2g', '2g', '3g'].includes(effectiveType ?? '') ? 'mobile' : 'fast'
}

/** Not looked at for so long: nobody is waiting for it. */
const INACTIVE_AFTER_MS = 10 * 60_000

/** Runs `run` whenever the person looks at the page, looks away, or has been away for long. */
export function onActivity(run: (activity: Activity) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    clearTimeout(timer)
    run(document.hidden ? 'background' : 'foreground')
    if (document.hidden) timer = setTimeout(() => run('inactive'), INACTIVE_AFTER_MS)
  }
  const leave = (): void => {
    clearTimeout(timer)
    run('inactive')
  }
  look()
  document.addEventListener('visibilitychange', look)
  document.addEventListener('freeze', leave)
  window.addEventListener('pagehide', leave)
  window.addEventListener('pageshow', look)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
    document.removeEventListener('freeze', leave)
    window.removeEventListener('pagehide', leave)
    window.removeEventListener('pageshow', look)
  }
}

const ROOT = /(^#|\/)root=([\w-]{43})$/

/** The root key that an address names behind its `#`, and what is left of that: a route. */
export function splitRoot(hash: string): { root: string; route: string } {
  const root = ROOT.exec(hash)?.[2] ?? ''
  return { root, route: root === '' ? hash : hash.replace(ROOT, '') }
}

/** Takes the root key out of the address bar, now and whenever one is put there. */
export function onRoot(run: (root: string) => void): void {
  const take = (): void => {
    const { root, route } = splitRoot(location.hash)
    if (root === '') return
    history.replaceState(history.state, '', route || '#/')
    run(root)
  }
  take()
  window.addEventListener('hashchange', take)
}

/** Beside this page, whatever the page's scheme. */
export function linkUrl(page: string): string {
  const url = new URL('/link', page)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
  return url.href
}
