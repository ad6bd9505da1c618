import { expect, it } from 'vitest'
import { hashOf, parse, routeOfCode, type Route } from './routes'

const routes: Route[] = [
  { name: 'chats' },
  { name: 'chat', log: 'chat:01/ä' },
  { name: 'chat', log: 'chat:01', seq: 99_999 },
  { name: 'contacts' },
  { name: 'requests' },
  { name: 'person', user: 'u-1' },
  { name: 'me' },
  { name: 'settings', page: 'devices' },
  { name: 'join', token: 't+/=' },
  { name: 'add', handle: 'lin_1' },
  { name: 'link', token: 'abc' },
  { name: 'receive', code: '' },
  { name: 'receive', code: '4821-地毯-蚂蚁-气球' },
]

it.each(routes)('reads back what it wrote: $name', (route) => {
  expect(parse(hashOf(route))).toEqual(route)
})

it.each(['', '#', '#/nowhere', '#/chat/', '#/chat/%zz', '#/join', `#/add/${'x'.repeat(600)}`])(
  'leads to the chats from %j',
  (hash) => {
    expect(parse(hash)).toEqual({ name: 'chats' })
  },
)

it('takes scanned addresses of people, groups, devices and senders only', () => {
  expect(routeOfCode(' https://a.example/#/add/lin\n')).toEqual({ name: 'add', handle: 'lin' })
  expect(routeOfCode('https://a.example/#/link/tok')).toEqual({ name: 'link', token: 'tok' })
  expect(routeOfCode('https://a.example/#/join/tok')).toEqual({ name: 'join', token: 'tok' })
  expect(routeOfCode('https://a.example/#/receive/4821-a-b')).toEqual({ name: 'receive', code: '4821-a-b' })
  expect(routeOfCode('https://a.example/#/receive')).toBeUndefined()
  expect(routeOfCode('https://a.example/#/me')).toBeUndefined()
  expect(routeOfCode('https://a.example/')).toBeUndefined()
})
