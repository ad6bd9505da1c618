/** Who is meant in a text, and the pieces a text is drawn of. Pure. */
import type { Mention } from '../../model/types'
import { codeParts } from '../text/code'
import { pieces, type Piece } from '../text/links'

/** The server's bound. */
const MENTIONS_MAX = 50

/** Where the names of those who are meant stand in a text, in code points; `meant`: user id by name. */
export function mentionsIn(text: string, meant: ReadonlyMap<string, string>): Mention[] {
  const found: Mention[] = []
  // Longer names first: "Lin Jing" is not "Lin".
  for (const [name, user] of [...meant].sort(([a], [b]) => b.length - a.length)) {
    const written = `@${name}`
    for (let at = text.indexOf(written); name !== '' && at >= 0; at = text.indexOf(written, at + 1)) {
      const start = points(text.slice(0, at))
      const length = points(written)
      const taken = found.some((other) => start < other.start + other.length && other.start < start + length)
      if (!taken && found.length < MENTIONS_MAX) found.push({ user, start, length })
    }
  }
  return found.sort((a, b) => a.start - b.start)
}

export type TextPiece =
  Piece | { kind: 'mention'; text: string; user: string } | { kind: 'code' | 'block'; text: string }

/** Mentions that overlap, lie outside the text or in code are left as text. */
export function textPieces(text: string, mentions: readonly Mention[]): TextPiece[] {
  const parts = codeParts(text)
  if (parts.length === 1 && parts[0]?.kind === 'text') return wordPieces(text, mentions)
  let start = 0
  return parts.flatMap((part) => {
    const from = start
    start += points(text.slice(part.from, part.to))
    if (part.kind !== 'text') return [{ kind: part.kind, text: part.text }]
    return wordPieces(
      part.text,
      mentions.map((one) => ({ ...one, start: one.start - from })),
    )
  })
}

function wordPieces(text: string, mentions: readonly Mention[]): TextPiece[] {
  if (mentions.length === 0) return pieces(text)
  const letters = Array.from(text)
  const drawn: TextPiece[] = []
  let at = 0
  for (const { user, start, length } of [...mentions].sort((a, b) => a.start - b.start)) {
    if (start < at || length < 1 || start + length > letters.length) continue
    drawn.push(...pieces(letters.slice(at, start).join('')))
    drawn.push({ kind: 'mention', text: letters.slice(start, start + length).join(''), user })
    at = start + length
  }
  return [...drawn, ...pieces(letters.slice(at).join(''))]
}

const points = (text: string): number => Array.from(text).length
