/** Every key of the shell, for the sheet that lists them; features bring their own. */
import type { Shortcut, ShortcutPlace } from '../feature'

/** In the order of the sheet. */
export const PLACES: readonly ShortcutPlace[] = ['everywhere', 'conversation', 'writing', 'picture', 'call']

const at =
  (place: ShortcutPlace) =>
  (meaning: string, ...keys: string[]): Shortcut => ({ place, keys, meaning })
const everywhere = at('everywhere')
const conversation = at('conversation')
const writing = at('writing')
const picture = at('picture')

export const SHORTCUTS: readonly Shortcut[] = [
  everywhere('keys.find', 'Mod K'),
  everywhere('keys.back', 'Esc'),
  everywhere('keys.help', '?'),
  everywhere('keys.move', '↑', '↓'),
  everywhere('keys.menu', 'Shift F10'),
  conversation('keys.ends', 'Home', 'End'),
  conversation('message.reply', 'R'),
  conversation('message.edit', 'E'),
  conversation('message.forward', 'F'),
  conversation('message.select', 'X'),
  conversation('message.actions', 'Enter'),
  writing('keys.send', 'Enter'),
  writing('keys.newline', 'Shift Enter'),
  writing('keys.changeLast', '↑'),
  writing('keys.complete', '@', ':'),
  writing('keys.take', 'Tab', 'Enter'),
  picture('keys.turnPage', '←', '→'),
  picture('keys.zoom', '+', '−', '0'),
]

/** A key as it stands on this machine's keyboard. */
export const keyName = (key: string, apple: boolean): string => key.replace('Mod', apple ? '⌘' : 'Ctrl')
