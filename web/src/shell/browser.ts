/** What the model asks of the browser it runs in. */

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

export function onNetworkChange(run: () => void): () => void {
  window.addEventListener('online', run)
  return () => window.removeEventListener('online', run)
}

/** Beside this page, whatever the page's scheme. */
export function linkUrl(page: string): string {
  const url = new URL('/link', page)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
  return url.href
}
