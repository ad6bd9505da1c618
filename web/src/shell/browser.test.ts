import { expect, it } from 'vitest'
import { deviceName, linkUrl, splitRoot } from './browser'

it.each([
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', 'Chrome on Linux'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge on Windows'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1', 'Safari on iPhone'],
  ['Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0', 'Firefox on Android'],
  ['curl/8', 'Browser'],
])('names a device: %s', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name)
}) // prettier-ignore

it('finds the link beside the page', () => {
  expect(linkUrl('https://lane.example/#/chat/1')).toBe('wss://lane.example/link')
  expect(linkUrl('http://127.0.0.1:8080/')).toBe('ws://127.0.0.1:8080/link')
})

it('SEAL17: finds the root key behind the #, also behind a route', () => {
  const root = 'mBvt2rZ3c6kFQX7n4hKq0sYd8eJwLzUaTiVgP1oRfNE'
  expect(splitRoot(`#root=${root}`)).toEqual({ root, route: '' })
  expect(splitRoot(`#/join/token/root=${root}`)).toEqual({ root, route: '#/join/token' })
  for (const hash of ['', '#/chats', `#root=${root}x`, `#root=${root.slice(1)}`, `#/chat/xroot=${root}`])
    expect(splitRoot(hash)).toEqual({ root: '', route: hash })
})
