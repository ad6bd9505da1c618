/** Lets the person choose files, keeping their handles where the browser has such, and saves received ones. */

export interface Picked {
  file: File
  handle?: FileSystemFileHandle
}

type OpenFilePicker = (options: { multiple: boolean }) => Promise<FileSystemFileHandle[]>

/** Call it inside a click. Empty when the person chose nothing. */
export async function pickFiles(multiple: boolean): Promise<Picked[]> {
  const picker = Reflect.get(window, 'showOpenFilePicker') as OpenFilePicker | undefined
  if (picker === undefined) return pickByInput(multiple)
  try {
    const handles = await picker.call(window, { multiple })
    return await Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), handle })))
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return []
    return pickByInput(multiple)
  }
}

function pickByInput(multiple: boolean): Promise<Picked[]> {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = multiple
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(Array.from(input.files ?? [], (file) => ({ file }))))
    input.addEventListener('cancel', () => resolve([]))
    input.click()
  })
}

/** The download goes on after the click; the URL is kept long enough for the browser to take it up. */
const URL_KEPT_MS = 60_000

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), URL_KEPT_MS)
}
