/** The worker of one received file: opens it, then does what the page asks, in order. */
import { DiskFile, type SyncFile } from './disk-file'

export type DiskRequest =
  | { id: number; do: 'open'; folder: string; name: string }
  | { id: number; do: 'write'; bytes: Uint8Array<ArrayBuffer> }
  | { id: number; do: 'digest' | 'reset' | 'close' }

export interface DiskReply {
  id: number
  sizeBytes: number
  digest?: Uint8Array<ArrayBuffer>
  /** Set when it could not be done. */
  error?: string
}

interface SyncFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncFile>
}

let file: DiskFile | null = null
let chain: Promise<void> = Promise.resolve()

async function open(folder: string, name: string): Promise<DiskFile> {
  const root = await navigator.storage.getDirectory()
  const directory = await root.getDirectoryHandle(folder, { create: true })
  const handle = (await directory.getFileHandle(name, { create: true })) as SyncFileHandle
  return new DiskFile(await handle.createSyncAccessHandle())
}

async function answer(request: DiskRequest): Promise<Omit<DiskReply, 'id'>> {
  if (request.do === 'open') file ??= await open(request.folder, request.name)
  if (file === null) throw new Error('transfers.noDisk')
  if (request.do === 'write') file.write(request.bytes)
  else if (request.do === 'reset') file.reset()
  else if (request.do === 'digest') return { sizeBytes: file.sizeBytes, digest: file.digest() }
  else if (request.do === 'close') file.close()
  return { sizeBytes: file.sizeBytes }
}

addEventListener('message', ({ data }: MessageEvent<DiskRequest>) => {
  chain = chain.then(async () => {
    let reply: DiskReply
    try {
      reply = { id: data.id, ...(await answer(data)) }
    } catch (error) {
      const message = error instanceof DOMException ? 'transfers.diskFull' : (error as Error).message
      reply = { id: data.id, sizeBytes: file?.sizeBytes ?? 0, error: message }
    }
    postMessage(reply)
  })
})
