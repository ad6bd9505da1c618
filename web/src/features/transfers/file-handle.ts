/** Files and folders that were picked in an earlier visit, in browsers that let a page keep the handles. */
import { readHandles } from './pick'
import type { Picked } from './source'

type Ask = (options: { mode: 'read' }) => Promise<PermissionState>

/** What is behind them, or null when it has to be picked again. With `ask` the browser may ask: only in a click. */
export async function readAgain(
  handles: FileSystemHandle[] | undefined,
  ask: boolean,
): Promise<Picked | null> {
  if (handles === undefined) return null
  try {
    for (const handle of handles) {
      // Not in TypeScript's DOM types: only Chromium has them.
      const permission = Reflect.get(handle, ask ? 'requestPermission' : 'queryPermission') as Ask | undefined
      if ((await permission?.call(handle, { mode: 'read' })) !== 'granted') return null
    }
    return await readHandles(handles)
  } catch {
    return null // moved or deleted
  }
}
