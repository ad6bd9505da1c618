/** The time, as views that say "yesterday" need it: it moves once a minute. */
import { createSubscriber } from 'svelte/reactivity'

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 60_000)
  return () => clearInterval(timer)
})

export function minuteClock(): number {
  subscribe()
  return Date.now()
}
