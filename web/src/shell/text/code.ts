/** Finds code in a text: `in a line` and ```in a block```, as people write it everywhere. Pure. */
export interface CodePart {
  kind: 'text' | 'code' | 'block'
  text: string
  /** Where it stands in the whole text, its signs and the line breaks around a block included. */
  from: number
  to: number
}

// A block may name its language in the line it opens with.
const CODE = /\n?```(?:[\w+#.-]{0,20}\n)?([^`](?:(?!```)[^])*?)\n?```\n?|`([^`\n]{1,1000})`/g

/** The whole text when there is none. */
export function codeParts(text: string): CodePart[] {
  if (!text.includes('`')) return [{ kind: 'text', text, from: 0, to: text.length }]
  const found: CodePart[] = []
  let at = 0
  for (const match of text.matchAll(CODE)) {
    const [whole, block, line] = match
    const from = match.index
    if (from > at) found.push({ kind: 'text', text: text.slice(at, from), from: at, to: from })
    at = from + whole.length
    if (block === undefined) found.push({ kind: 'code', text: line ?? '', from, to: at })
    else found.push({ kind: 'block', text: block, from, to: at })
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at), from: at, to: text.length })
  return found
}
