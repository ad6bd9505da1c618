/** The addresses of the client, all behind `#`, so that any server that can serve one page can serve it. */
export type Route =
  | { name: 'chats' }
  /** `seq`: the message to show. */
  | { name: 'chat'; log: string; seq?: number }
  | { name: 'contacts' }
  | { name: 'requests' }
  | { name: 'person'; user: string }
  | { name: 'me' }
  | { name: 'settings'; page: SettingsPage }
  | { name: 'join'; token: string }
  | { name: 'add'; handle: string }
  | { name: 'link'; token: string }
  | { name: 'receive'; code: string }
  | { name: 'send' }

export const SETTINGS_PAGES = ['profile', 'code', 'devices', 'password', 'connection'] as const
export type SettingsPage = (typeof SETTINGS_PAGES)[number]

/** Tokens and ids are short; what is longer is not ours. */
const PART_MAX = 512

/** Anything unknown leads to the chats. */
export function parse(hash: string): Route {
  const [name = '', argument = '', more = ''] = hash
    .replace(/^#?\/?/, '')
    .split('/', 3)
    .map(decode)
  switch (name) {
    case 'chat': {
      if (!argument) return { name: 'chats' }
      return /^[1-9]\d{0,9}$/.test(more)
        ? { name, log: argument, seq: Number(more) }
        : { name, log: argument }
    }
    case 'contacts':
      return argument ? { name: 'person', user: argument } : { name }
    case 'requests':
    case 'send':
      return { name }
    case 'me': {
      const page = SETTINGS_PAGES.find((candidate) => candidate === argument)
      return page ? { name: 'settings', page } : { name }
    }
    case 'join':
    case 'link':
      return argument ? { name, token: argument } : { name: 'chats' }
    case 'add':
      return argument ? { name, handle: argument } : { name: 'chats' }
    case 'receive':
      return { name, code: argument }
    default:
      return { name: 'chats' }
  }
}

export function hashOf(route: Route): string {
  switch (route.name) {
    case 'chats':
      return '#/'
    case 'chat':
      return `#/chat/${encodeURIComponent(route.log)}${route.seq === undefined ? '' : `/${route.seq}`}`
    case 'person':
      return `#/contacts/${encodeURIComponent(route.user)}`
    case 'settings':
      return `#/me/${route.page}`
    case 'join':
    case 'link':
      return `#/${route.name}/${encodeURIComponent(route.token)}`
    case 'add':
      return `#/add/${encodeURIComponent(route.handle)}`
    case 'receive':
      return route.code === '' ? '#/receive' : `#/receive/${encodeURIComponent(route.code)}`
    default:
      return `#/${route.name}`
  }
}

/**
 * What a scanned code or a pasted address means here: one of our own addresses (of any server: the
 * page that opened it decides which), or nothing.
 */
export function routeOfCode(text: string): CodeRoute | undefined {
  const hash = /#\/.*$/s.exec(text.trim())?.[0]
  const route = hash === undefined ? undefined : parse(hash)
  return route !== undefined && isCode(route) ? route : undefined
}

/** What QR codes lead to: a person, a group, a new device, somebody's files. */
type CodeRoute = Extract<Route, { name: 'add' | 'join' | 'link' | 'receive' }>

const isCode = (route: Route): route is CodeRoute =>
  ['add', 'join', 'link'].includes(route.name) || (route.name === 'receive' && route.code !== '')

function decode(part: string): string {
  if (part.length > PART_MAX) return ''
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
