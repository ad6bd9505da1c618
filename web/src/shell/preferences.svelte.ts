/** What a person chose for this browser. Kept in localStorage; works without it, for this visit only. */
import { preferredLanguage, setLanguage, type Language } from './i18n/i18n.svelte'

export type Theme = 'system' | 'light' | 'dark'

export interface Preferences {
  theme: Theme
  language: Language | 'system'
  /** Announce messages while no page is looked at. */
  notifications: boolean
  /** A knock for new messages; each device has its own. */
  sound: boolean
}

const KEY = 'hutong.preferences'
const DEFAULTS: Preferences = { theme: 'system', language: 'system', notifications: false, sound: false }

let current = $state.raw<Preferences>(DEFAULTS)

export const preferences = (): Preferences => current

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // A browser without storage keeps them for this visit.
  }
  applyPreferences()
}

/** Anything may stand in localStorage; only what we know is taken. */
export function readPreferences(stored: string | null): Preferences {
  let given: Partial<Record<keyof Preferences, unknown>> = {}
  try {
    const parsed: unknown = JSON.parse(stored ?? '{}')
    if (typeof parsed === 'object' && parsed !== null) given = parsed
  } catch {
    // Not ours: the defaults.
  }
  return {
    theme: given.theme === 'light' || given.theme === 'dark' ? given.theme : 'system',
    language: given.language === 'en' || given.language === 'zh' ? given.language : 'system',
    notifications: given.notifications === true,
    sound: given.sound === true,
  }
}

function applyPreferences(): void {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  const theme = current.theme === 'system' ? system : current.theme
  const language = current.language === 'system' ? preferredLanguage(navigator.languages) : current.language
  document.documentElement.dataset['theme'] = theme
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  const bar = getComputedStyle(document.documentElement).getPropertyValue('--paper-2').trim()
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', bar)
  setLanguage(language)
}

/** Reads what was chosen and keeps following the system where nothing was. */
export function startPreferences(): void {
  let stored: string | null = null
  try {
    stored = localStorage.getItem(KEY)
  } catch {
    // As above.
  }
  current = readPreferences(stored)
  applyPreferences()
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyPreferences)
  window.addEventListener('languagechange', applyPreferences)
}
