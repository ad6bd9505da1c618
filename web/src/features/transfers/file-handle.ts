/** A file that was picked in an earlier visit, in browsers that let a page keep the handle. */

type Ask = (options: { mode: 'read' }) => Promise<PermissionState>

/** The file, or null when the person has to pick it again. With `ask` the browser may ask: only in a click. */
export async function readHandle(
  handle: FileSystemFileHandle | undefined,
  ask: boolean,
): Promise<File | null> {
  if (handle === undefined) return null
  // Not in TypeScript's DOM types: only Chromium has them.
  const permission = Reflect.get(handle, ask ? 'requestPermission' : 'queryPermission') as Ask | undefined
  try {
    if ((await permission?.call(handle, { mode: 'read' })) !== 'granted') return null
    return await handle.getFile()
  } catch {
    return null // moved or deleted
  }
}
