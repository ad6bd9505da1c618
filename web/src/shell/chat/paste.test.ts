import { expect, it } from 'vitest'
import { pastedOf, textFile } from './paste'

const ROOM = 20

function clipboard(texts: Record<string, string>, ...files: File[]): Pick<DataTransfer, 'files' | 'getData'> {
  return { files: files as unknown as FileList, getData: (type) => texts[type] ?? '' }
}
const picture = new File(['x'], 'image.png', { type: 'image/png' })

it('leaves words to the field', () => {
  expect(pastedOf(clipboard({ 'text/plain': 'hello' }), ROOM)).toBeUndefined()
  expect(pastedOf(clipboard({}), ROOM)).toBeUndefined()
})

it('takes the words of a table, not the picture of them', () => {
  const table = { 'text/plain': 'A\tB', 'text/html': '<table></table>' }
  expect(pastedOf(clipboard(table, picture), ROOM)).toBeUndefined()
})

it('takes a picture of a page, and a copied file that brings its name', () => {
  const files = { kind: 'files', files: [picture] }
  expect(pastedOf(clipboard({ 'text/html': '<img src="x">' }, picture), ROOM)).toEqual(files)
  expect(pastedOf(clipboard({ 'text/plain': 'image.png' }, picture), ROOM)).toEqual(files)
})

it('cuts nothing off: what does not fit is told', async () => {
  const text = 'x'.repeat(ROOM + 1)
  expect(pastedOf(clipboard({ 'text/plain': text }), ROOM)).toEqual({ kind: 'long', text })
  const lines = '\r\n'.repeat(ROOM)
  expect(pastedOf(clipboard({ 'text/plain': lines }), ROOM)).toBeUndefined()
  const file = textFile(text, 'Text')
  expect(file.name).toBe('Text.txt')
  expect(await file.text()).toBe(text)
})
