/** Where we are. The address bar is the truth; this follows it. */
import { hashOf, parse, type Route } from './routes'

let current = $state.raw<Route>({ name: 'chats' })

export const route = (): Route => current

export function navigate(to: Route, how: 'push' | 'replace' = 'push'): void {
  const hash = hashOf(to)
  if (how === 'replace') {
    history.replaceState(history.state, '', hash)
    current = to
  } else if (location.hash !== hash) location.hash = hash
}

/** Follows the address bar until the returned function is called. */
export function startRouter(): () => void {
  const follow = (): void => {
    current = parse(location.hash)
  }
  follow()
  window.addEventListener('hashchange', follow)
  return () => window.removeEventListener('hashchange', follow)
}
