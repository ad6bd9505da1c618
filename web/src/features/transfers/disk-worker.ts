/** The worker of one transfer that is received: opens its files, then does what the page asks, in order. */
import { FullError, PartsFile, type Left, type SyncFile } from './parts-file'

export type DiskRequest =
  | { id: number; do: 'open'; folder: string; name: string }
  | { id: number; do: 'begin'; journal: Uint8Array<ArrayBuffer>; sizeBytes: number }
  | { id: number; do: 'write'; chunk: number; at: number; data: Uint8Array<ArrayBuffer>; leaf: Uint8Array }
  | { id: number; do: 'drop'; chunk: number }
  | { id: number; do: 'flush' | 'close' }

export interface DiskReply {
  id: number
  /** Of `open`. */
  left?: Left | null
  /** Of `write`: the bytes were what the leaf says. */
  right?: boolean
  /** Set when it could not be done. */
  error?: string
}

interface SyncFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncFile>
}

/** The worker of a page that was reloaded may hold the files for a moment longer. */
const OPEN_TRIES = 20
const OPEN_AGAIN_MS = 100

let parts: PartsFile | null = null
let chain: Promise<void> = Promise.resolve()

async function openFile(directory: FileSystemDirectoryHandle, name: string): Promise<SyncFile> {
  const handle = (await directory.getFileHandle(name, { create: true })) as SyncFileHandle
  for (let tries = 1; ; tries++) {
    try {
      return await handle.createSyncAccessHandle()
    } catch (error) {
      const held = error instanceof DOMException && error.name === 'NoModificationAllowedError'
      if (!held || tries >= OPEN_TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, OPEN_AGAIN_MS))
    }
  }
}

async function open(folder: string, name: string): Promise<Left | null> {
  const root = await navigator.storage.getDirectory()
  const all = await root.getDirectoryHandle(folder, { create: true })
  const directory = await all.getDirectoryHandle(name, { create: true })
  parts = new PartsFile(await openFile(directory, 'data'), await openFile(directory, 'journal'))
  return parts.resume()
}

async function answer(request: DiskRequest): Promise<Omit<DiskReply, 'id'>> {
  if (request.do === 'open') return { left: await open(request.folder, request.name) }
  if (parts === null) throw new Error('it is not open')
  if (request.do === 'write')
    return { right: await parts.write(request.chunk, request.at, request.data, request.leaf) }
  if (request.do === 'begin') parts.begin(request.journal, request.sizeBytes)
  else if (request.do === 'drop') parts.drop(request.chunk)
  else if (request.do === 'flush') parts.flush()
  else parts.close()
  return {}
}

function problemOf(error: unknown): string {
  const full = error instanceof DOMException && error.name === 'QuotaExceededError'
  return full || error instanceof FullError ? 'transfers.diskFull' : 'transfers.noDisk'
}

addEventListener('message', ({ data }: MessageEvent<DiskRequest>) => {
  chain = chain.then(async () => {
    const { id } = data
    postMessage(
      await answer(data).then(
        (reply): DiskReply => ({ id, ...reply }),
        (error: unknown): DiskReply => ({ id, error: problemOf(error) }),
      ),
    )
  })
})
