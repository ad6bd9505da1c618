/** The letters and the colour of a person without a picture. */
const CJK = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u

export const PIGMENTS = 6

/** The last two characters of a Chinese name, the first letters of the first and last word otherwise. */
export function initials(name: string): string {
  const trimmed = name.trim()
  const han = Array.from(trimmed).filter((character) => CJK.test(character))
  if (han.length > 0) return han.slice(-2).join('')
  const words = trimmed.split(/\s+/)
  const first = Array.from(words[0] ?? '')[0] ?? '?'
  const last = words.length > 1 ? (Array.from(words.at(-1) ?? '')[0] ?? '') : ''
  return (first + last).toUpperCase()
}

/** Always the same for the same id; spread evenly over the palette. */
export function pigment(id: string): number {
  let hash = 0
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return hash % PIGMENTS
}
