/** The letter a name stands under in the contacts, by pinyin for Chinese names. */
const ORDER = new Intl.Collator('zh-u-co-pinyin', { sensitivity: 'base' })

// The first character, in pinyin order, that Chinese names under each letter may begin with. There are
// none for I, U and V. ICU has the pinyin table; this only finds the borders in it.
const BORDERS: readonly (readonly [letter: string, first: string])[] = [
  ['A', '阿'], ['B', '八'], ['C', '嚓'], ['D', '哒'], ['E', '妸'], ['F', '发'], ['G', '旮'], ['H', '哈'],
  ['J', '丌'], ['K', '咔'], ['L', '垃'], ['M', '妈'], ['N', '拏'], ['O', '噢'], ['P', '妑'], ['Q', '七'],
  ['R', '呥'], ['S', '仨'], ['T', '他'], ['W', '屲'], ['X', '夕'], ['Y', '丫'], ['Z', '帀'],
] // prettier-ignore

export function letterOf(name: string): string {
  const first = Array.from(name.trim().normalize('NFKD'))[0] ?? ''
  const latin = first.toUpperCase()
  if (/^[A-Z]$/.test(latin)) return latin
  if (!/\p{Script=Han}/u.test(first)) return '#'
  let letter = 'A'
  for (const [candidate, border] of BORDERS) {
    if (ORDER.compare(first, border) < 0) break
    letter = candidate
  }
  return letter
}

/** Sorted by letter, then by name; '#' comes last. */
export function byLetter<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): { letter: string; items: T[] }[] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const letter = letterOf(nameOf(item))
    groups.set(letter, [...(groups.get(letter) ?? []), item])
  }
  return [...groups]
    .map(([letter, members]) => ({
      letter,
      items: members.sort((a, b) => ORDER.compare(nameOf(a), nameOf(b))),
    }))
    .sort((a, b) => rank(a.letter) - rank(b.letter))
}

/** A name as it is searched for: without case, accents and the spaces around it. */
export const fold = (text: string): string =>
  text.trim().normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

const rank = (letter: string): number => (letter === '#' ? 1000 : letter.charCodeAt(0))
