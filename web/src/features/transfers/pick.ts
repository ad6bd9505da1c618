/** Lets the person choose files or a folder, keeping their handles where the browser has such. */
import { ENTRIES_MAX } from './protocol/manifest'
import type { Picked, PickedFile } from './source'

type OpenFilePicker = (options: { multiple: boolean }) => Promise<FileSystemFileHandle[]>
type DirectoryPicker = (options: { mode: 'read' | 'readwrite' }) => Promise<FileSystemDirectoryHandle>
type Entries = AsyncIterable<FileSystemHandle>

/** What only Chromium has, and TypeScript's DOM types do not. */
interface Pickers {
  showOpenFilePicker?: OpenFilePicker
  showDirectoryPicker?: DirectoryPicker
}
const pickers = (): Pickers => window as Pickers

/** The person chose nothing: not worth a word. */
const isNothing = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError'

/** Call it inside a click. null when the person chose nothing. */
export async function pickFiles(): Promise<Picked | null> {
  const page = pickers()
  if (page.showOpenFilePicker === undefined) return pickByInput({ multiple: true })
  try {
    return await readHandles(await page.showOpenFilePicker({ multiple: true }))
  } catch (error) {
    return isNothing(error) ? null : pickByInput({ multiple: true })
  }
}

/** A folder with everything in it. Call it inside a click. */
export async function pickFolder(): Promise<Picked | null> {
  const page = pickers()
  if (page.showDirectoryPicker === undefined) return pickByInput({ webkitdirectory: true })
  try {
    return await readHandles([await page.showDirectoryPicker({ mode: 'read' })])
  } catch (error) {
    return isNothing(error) ? null : pickByInput({ webkitdirectory: true })
  }
}

/** Where to put files; null when the browser has no such question, or the person no answer. */
export async function pickPlace(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return (await pickers().showDirectoryPicker?.({ mode: 'readwrite' })) ?? null
  } catch (error) {
    if (isNothing(error)) return null
    throw error
  }
}

export function hasPlaces(): boolean {
  return pickers().showDirectoryPicker !== undefined
}

/** What is behind handles, folders with everything in them; the handles are kept with it. */
export async function readHandles(handles: FileSystemHandle[]): Promise<Picked> {
  const picked: Picked = { files: [], folders: [], handles }
  for (const handle of handles) await walk(handle, handle.name, picked)
  return picked
}

async function walk(handle: FileSystemHandle, path: string, into: Picked): Promise<void> {
  // The manifest says that it is too much.
  if (into.files.length + into.folders.length > ENTRIES_MAX) return
  if (handle.kind === 'file') {
    into.files.push({ path, file: await (handle as FileSystemFileHandle).getFile() })
    return
  }
  let empty = true
  for await (const child of (handle as unknown as { values(): Entries }).values()) {
    empty = false
    await walk(child, `${path}/${child.name}`, into)
  }
  if (empty) into.folders.push(path)
}

function pickByInput(options: { multiple?: boolean; webkitdirectory?: boolean }): Promise<Picked | null> {
  const input = Object.assign(document.createElement('input'), { type: 'file', ...options })
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(pickedOf(Array.from(input.files ?? []))))
    input.addEventListener('cancel', () => resolve(null))
    input.click()
  })
}

/** Files with the paths they had in the folder that was chosen; null for none. */
export function pickedOf(files: readonly File[]): Picked | null {
  if (files.length === 0) return null
  const taken = new Set<string>()
  const named = files.map((file): PickedFile => {
    const path = file.webkitRelativePath || file.name
    taken.add(path)
    return { path, file }
  })
  // From several places at once two may have the same name.
  return { files: taken.size === named.length ? named : apart(named), folders: [] }
}

function apart(files: readonly PickedFile[]): PickedFile[] {
  const seen = new Map<string, number>()
  return files.map(({ path, file }) => {
    const before = seen.get(path) ?? 0
    seen.set(path, before + 1)
    return { path: before === 0 ? path : `${before + 1}/${path}`, file }
  })
}

/** Everything that was dropped; call it inside the event, which forgets its items afterwards. */
export async function readDropped(items: DataTransferItemList): Promise<Picked | null> {
  const entries = Array.from(items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  const picked: Picked = { files: [], folders: [] }
  for (const entry of entries) await walkEntry(entry, picked)
  return picked.files.length + picked.folders.length === 0 ? null : picked
}

async function walkEntry(entry: FileSystemEntry, into: Picked): Promise<void> {
  if (into.files.length + into.folders.length > ENTRIES_MAX) return
  const path = entry.fullPath.replace(/^\//, '')
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    into.files.push({ path, file })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const next = (): Promise<FileSystemEntry[]> =>
    new Promise((resolve, reject) => reader.readEntries(resolve, reject))
  let found = 0
  // It tells a hundred at a time.
  for (let some = await next(); some.length > 0; some = await next()) {
    found += some.length
    for (const child of some) await walkEntry(child, into)
  }
  if (found === 0) into.folders.push(path)
}
