/** Puts received files where the person wants them, under names its system can take, and never over one that is there. */
import { saveBlob } from '../../shell/browser'
import type { Received } from './landing'
import { hasPlaces, pickPlace } from './pick'
import type { Entry } from './protocol/manifest'
import { localPaths, numbered, safeName } from './protocol/names'
import { zip } from './zip'

/** Names tried before something else must be wrong. */
const NUMBERS_MAX = 1_000

/** Saves one file as a download, many into a folder or as one archive. False when the person thought better of it. */
export async function saveReceived(received: Received, name: string, mediaType: string): Promise<boolean> {
  const [only] = received.entries
  if (received.entries.length === 1 && only?.folder === false) {
    saveBlob(received.blob(0, mediaType), safeName(name))
    return true
  }
  if (!hasPlaces()) {
    saveBlob(await archive(received), `${safeName(name)}.zip`)
    return true
  }
  const place = await pickPlace()
  if (place === null) return false
  await putInto(place, received, safeName(name))
  return true
}

/** One file of many, as a download. */
export function saveOne(received: Received, entry: number): void {
  const path = received.entries[entry]?.path ?? ''
  saveBlob(received.blob(entry, 'application/octet-stream'), safeName(path))
}

function archive(received: Received): Promise<Blob> {
  const paths = localPaths(received.entries.map(({ path }) => path))
  return zip(
    received.entries.map(({ folder }, number) => ({
      path: (paths[number] ?? '') + (folder ? '/' : ''),
      data: received.blob(number, ''),
    })),
  )
}

/** Makes a folder of this name, or "name (1)", and puts everything below it. */
export async function putInto(
  place: FileSystemDirectoryHandle,
  received: Received,
  name: string,
): Promise<void> {
  const { entries } = received
  const top = await newFolder(place, name)
  const folders = new Map([['', Promise.resolve(top)]])
  const folderAt = (path: string): Promise<FileSystemDirectoryHandle> => {
    const known = folders.get(path)
    if (known !== undefined) return known
    const at = path.lastIndexOf('/')
    const made = folderAt(path.slice(0, Math.max(0, at))).then((above) =>
      above.getDirectoryHandle(path.slice(at + 1), { create: true }),
    )
    folders.set(path, made)
    return made
  }
  for (const [number, whole] of localPaths(entries.map(({ path }) => path)).entries()) {
    // The first part is the folder's own name, which the person's system gives it.
    const path = isOneFolder(entries) ? whole.slice(whole.indexOf('/') + 1 || whole.length) : whole
    const at = path.lastIndexOf('/')
    const folder = await folderAt(entries[number]?.folder ? path : path.slice(0, Math.max(0, at)))
    if (entries[number]?.folder) continue
    const file = await folder.getFileHandle(path.slice(at + 1), { create: true })
    await received
      .blob(number, '')
      .stream()
      .pipeTo(await file.createWritable())
  }
}

function isOneFolder(entries: readonly Entry[]): boolean {
  const tops = new Set(entries.map(({ path }) => path.split('/')[0]))
  return tops.size === 1 && entries.every(({ path, folder }) => folder || path.includes('/'))
}

async function newFolder(place: FileSystemDirectoryHandle, name: string): Promise<FileSystemDirectoryHandle> {
  for (let number = 0; number < NUMBERS_MAX; number++) {
    const tried = numbered(name, number)
    if (!(await exists(place, tried))) return place.getDirectoryHandle(tried, { create: true })
  }
  throw new Error('transfers.noDisk')
}

/** Whether there is a file or a folder of this name. */
async function exists(place: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await place.getFileHandle(name)
    return true
  } catch (error) {
    return !(error instanceof DOMException && error.name === 'NotFoundError')
  }
}
