/** Where we are. The address bar is the truth; this follows it. */
import { hashOf, parse, type Route } from './routes'

let current = $state.raw<Route>({ name: 'chats' })

let before: Route | undefined

export const route = (): Route => current

/** Where one was before; not reactive, for what is opened now. */
export const cameFrom = (): Route | undefined => before

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
    before = current
    current = parse(location.hash)
  }
  // A link to where one is already leads there again: to a message one has scrolled away from.
  const again = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link?.getAttribute('href') === location.hash) follow()
  }
  follow()
  window.addEventListener('hashchange', follow)
  window.addEventListener('click', again)
  return () => {
    window.removeEventListener('hashchange', follow)
    window.removeEventListener('click', again)
  }
}
