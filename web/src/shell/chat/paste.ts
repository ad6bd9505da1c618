/** What a paste means: words into the field, or files beside it. Pure but for the file it makes. */

export type Pasted =
  | { kind: 'files'; files: readonly File[] }
  /** More than a message holds. */
  | { kind: 'long'; text: string }

/** undefined: words, which the field takes itself. `room`: how many more of them fit into it. */
export function pastedOf(data: Pick<DataTransfer, 'files' | 'getData'>, room: number): Pasted | undefined {
  const text = data.getData('text/plain')
  // Office programs add a picture of the words; a copied file comes with its name, but without HTML.
  const words = text.trim() !== '' && data.getData('text/html') !== ''
  if (data.files.length > 0 && !words) return { kind: 'files', files: [...data.files] }
  return text.replaceAll('\r\n', '\n').length > room ? { kind: 'long', text } : undefined
}

/** `name` without an ending. */
export const textFile = (text: string, name: string): File =>
  new File([text], `${name}.txt`, { type: 'text/plain' })
