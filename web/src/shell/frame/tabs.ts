import type { Route } from '../routes'

export type Tab = 'chats' | 'contacts' | 'me'

export function tabOf(route: Route): Tab {
  switch (route.name) {
    case 'contacts':
    case 'person':
    case 'requests':
    case 'add':
      return 'contacts'
    case 'me':
    case 'settings':
    case 'link':
      return 'me'
    default:
      return 'chats'
  }
}
