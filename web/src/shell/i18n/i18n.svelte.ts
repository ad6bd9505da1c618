/** Chinese and English. `t` is reactive: what calls it in markup is drawn again when the language changes. */
import { en } from './en'
import { zh } from './zh'

export type Language = 'en' | 'zh'
export type Values = Readonly<Record<string, string | number>>

const dictionaries: Record<Language, Record<string, string>> = { en: { ...en }, zh: { ...zh } }

let current = $state<Language>('en')

export const language = (): Language => current

/** For `Intl` and the `lang` attribute. */
export const locale = (): string => (current === 'zh' ? 'zh-CN' : 'en')

export function setLanguage(next: Language): void {
  current = next
}

/** The first of the person's languages that we speak. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag)) return 'zh'
    if (/^en\b/i.test(tag)) return 'en'
  }
  return 'en'
}

/** Adds a feature's dictionary. */
export function addMessages(messages: Record<Language, Record<string, string>>): void {
  Object.assign(dictionaries.en, messages.en)
  Object.assign(dictionaries.zh, messages.zh)
}

/**
 * The sentence for a key in the current language. `{name}` is replaced by `values.name`; with
 * `values.count`, the key with `.one` is used for exactly one, where a language has it. A key nobody
 * translated comes back as it is, so that server sentences pass through.
 */
export function t(key: string, values: Values = {}): string {
  const dictionary = dictionaries[current]
  const singular = values['count'] === 1 ? dictionary[`${key}.one`] : undefined
  const text = singular ?? dictionary[key] ?? key
  if (!text.includes('{')) return text
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
