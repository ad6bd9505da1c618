import { named, type Emoji } from './list'

const KEY = 'hutong.emoji'
const RECENT_MAX = 16

/** What was picked last on this browser, newest first. */
export function recentEmoji(): Emoji[] {
  return stored().map(named)
}

export function rememberEmoji(emoji: string): void {
  const next = [emoji, ...stored().filter((other) => other !== emoji)].slice(0, RECENT_MAX)
  try {
    localStorage.setItem(KEY, next.join(' '))
  } catch {
    // Without storage nothing is recent.
  }
}

function stored(): string[] {
  try {
    return (localStorage.getItem(KEY) ?? '').split(' ').filter((emoji) => emoji !== '' && emoji.length < 32)
  } catch {
    return []
  }
}
