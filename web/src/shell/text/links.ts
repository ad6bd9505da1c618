/** Finds what can be opened in a text: web addresses and e-mail addresses. Nothing else becomes a link. */
export type Piece = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string }

// An address ends before white space, quotes, angle brackets and Chinese punctuation.
const CANDIDATE =
  /\bhttps?:\/\/[^\s<>"'「」『』《》【】（），。！？；：、“”]+|\bwww\.[^\s<>"'「」『』《》【】（），。！？；：、“”]+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/giu

/** A longer address is left as text: nobody reads it, and the pattern's work stays bounded. */
const ADDRESS_MAX = 2048

export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let at = 0
  for (const match of text.matchAll(CANDIDATE)) {
    if (match[0].length > ADDRESS_MAX) continue
    const address = withoutTail(match[0])
    const href = hrefOf(address)
    if (href === undefined) continue
    if (match.index > at) found.push({ kind: 'text', text: text.slice(at, match.index) })
    found.push({ kind: 'link', text: address, href })
    at = match.index + address.length
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
