/** Finds what can be opened in a text: web and e-mail addresses, phone numbers. Nothing else becomes a link. */
export type Piece = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string }

// An address ends before white space, quotes, angle brackets and Chinese punctuation.
const CANDIDATE =
  /\bhttps?:\/\/[^\s<>"'「」『』《》【】（），。！？；：、“”]+|\bwww\.[^\s<>"'「」『』《》【】（），。！？；：、“”]+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/giu

// Abroad with a +; Chinese ones without: a mobile, a landline with its area, a 400 number. No date, no amount.
const PHONE =
  /(?<![\w.+/@-])(?:\+\d{1,3}(?:[ -]?\(?\d{1,4}\)?){2,5}|1[3-9]\d(?:[ -]?\d{4}){2}|0\d{2,3}-\d{3,4}-?\d{4}|400-?\d{3}-?\d{4})(?![\w/@-])/gu

/** A longer address is left as text: nobody reads it, and the pattern's work stays bounded. */
const ADDRESS_MAX = 2048
/** Of a phone number, its + included. */
const DIGITS_MIN = 9
const DIGITS_MAX = 16

export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let at = 0
  for (const match of text.matchAll(CANDIDATE)) {
    if (match[0].length > ADDRESS_MAX) continue
    const address = withoutTail(match[0])
    const href = hrefOf(address)
    if (href === undefined) continue
    if (match.index > at) found.push(...numbers(text.slice(at, match.index)))
    found.push({ kind: 'link', text: address, href })
    at = match.index + address.length
  }
  if (at < text.length) found.push(...numbers(text.slice(at)))
  return found
}

/** The phone numbers between the addresses. */
function numbers(text: string): Piece[] {
  const found: Piece[] = []
  let at = 0
  for (const { 0: number, index } of text.matchAll(PHONE)) {
    const digits = number.replace(/[^+\d]/g, '')
    if (digits.length < DIGITS_MIN || digits.length > DIGITS_MAX) continue
    if (index > at) found.push({ kind: 'text', text: text.slice(at, index) })
    found.push({ kind: 'link', text: number, href: `tel:${digits}` })
    at = index + number.length
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at) })
  return found
}

/** "See https://a.example/x." does not link the full stop, nor a bracket that was opened before the address. */
function withoutTail(address: string): string {
  let end = address.length
  for (; end > 0; end--) {
    const last = address.charAt(end - 1)
    if ('.,;:!?*_~'.includes(last)) continue
    if (last === ')' && count(address.slice(0, end), '(') < count(address.slice(0, end), ')')) continue
    if (last === ']' && count(address.slice(0, end), '[') < count(address.slice(0, end), ']')) continue
    break
  }
  return address.slice(0, end)
}

const count = (text: string, character: string): number => text.split(character).length - 1

function hrefOf(address: string): string | undefined {
  if (/^https?:\/\//i.test(address)) return safeUrl(address)
  if (/^www\./i.test(address)) return safeUrl(`https://${address}`)
  return address.includes('@') ? `mailto:${address}` : undefined
}

function safeUrl(address: string): string | undefined {
  try {
    const url = new URL(address)
    // `https://bank.example@evil.example` shows one host and opens another.
    return url.username || url.password ? undefined : url.href
  } catch {
    return undefined
  }
}

const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}/u

/** One to three emoji and nothing else: shown large. */
export function isBigEmoji(text: string): boolean {
  const trimmed = text.trim()
  // To make a segmenter takes longer than to draw a message.
  if (trimmed.length > 40 || !EMOJI.test(trimmed)) return false
  const graphemes = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(trimmed)]
  return graphemes.length <= 3 && graphemes.every(({ segment }) => EMOJI.test(segment))
}
