/** File names that somebody else chose: which are refused, and how the others are written here. Pure. */

const PATH_BYTES_MAX = 1_024
const DEPTH_MAX = 32
const PART_BYTES_MAX = 255

/** Below every file system's 255, with room for " (123)". */
const SAFE_BYTES_MAX = 200
const EXTENSION_CHARACTERS_MAX = 20
const RESERVED = /^(con|prn|aux|nul|(com|lpt)[1-9])$/
const UNSAFE = /[/\\:*?"<>|]|[\p{Cc}\p{Cf}\p{Cs}]/gu

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length

/** Whether a path stays below the folder it is put into, whatever the system (XFER3). */
export function pathIsSound(path: string): boolean {
  const parts = path.split('/')
  return (
    !/[\\\p{Cc}\p{Cs}]/u.test(path) &&
    parts.length <= DEPTH_MAX &&
    bytesOf(path) <= PATH_BYTES_MAX &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && bytesOf(part) <= PART_BYTES_MAX)
  )
}

/** A name without folders, control characters or anything a file system gives a meaning to. */
export function safeName(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  const kept = last
    .normalize('NFC')
    .replace(UNSAFE, '_')
    .replace(/^[ .]+|[ .]+$/g, '')
  const dotAt = kept.lastIndexOf('.')
  const dot = dotAt > 0 ? '.' : ''
  let stem = Array.from(dot === '' ? kept : kept.slice(0, dotAt))
  const extension = Array.from(dot === '' ? '' : kept.slice(dotAt + 1))
    .slice(0, EXTENSION_CHARACTERS_MAX)
    .join('')
  while (bytesOf(stem.join('') + dot + extension) > SAFE_BYTES_MAX) stem = stem.slice(0, -1)
  const safe = stem.join('').replace(/[ .]+$/, '') + dot + extension
  if (RESERVED.test((safe.split('.')[0] ?? '').toLowerCase())) return `_${safe}`
  return safe || 'file'
}

/** "name (1).ext" and so on; the name itself for 0. */
export function numbered(name: string, number: number): string {
  if (number === 0) return name
  const dotAt = name.lastIndexOf('.')
  return dotAt > 0 ? `${name.slice(0, dotAt)} (${number})${name.slice(dotAt)}` : `${name} (${number})`
}

/**
 * Where to write each path: every part safe, and no two the same where case does not count. One folder of
 * the manifest stays one folder.
 */
export function localPaths(paths: Iterable<string>): string[] {
  const names = new Map([['', '']])
  const taken = new Set<string>()
  return Array.from(paths, (path) => {
    const parts = path.split('/')
    let above = ''
    for (const part of parts) {
      const key = above === '' ? part : `${above}/${part}`
      if (!names.has(key)) names.set(key, free(names.get(above) ?? '', safeName(part), taken))
      above = key
    }
    return names.get(path) ?? ''
  })
}

/** What two names have in common where case does not count; one letter may fold to two. */
const folded = (text: string): string => text.toUpperCase().toLowerCase()

function free(folder: string, name: string, taken: Set<string>): string {
  const prefix = folder === '' ? '' : `${folder}/`
  let number = 0
  while (taken.has(folded(prefix + numbered(name, number)))) number += 1
  const found = prefix + numbered(name, number)
  taken.add(folded(found))
  return found
}
