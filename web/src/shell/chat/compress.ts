/** Makes pictures small enough for a chat: at most 2,048 pixels a side, WebP or JPEG. */
const SIDE_MAX = 2048
const QUALITY = 0.82
/** A picture that is this small already is sent as it is. */
const SMALL_BYTES = 200 * 1024

/** The same picture, smaller; the same file when that gains nothing, when it moves, or cannot be drawn. */
export async function compressed(file: File): Promise<File> {
  if (file.type === 'image/gif') return file
  let drawn: ImageBitmap
  try {
    drawn = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    return file
  }
  try {
    const scale = Math.min(1, SIDE_MAX / Math.max(drawn.width, drawn.height))
    if (scale === 1 && file.size <= SMALL_BYTES) return file
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(drawn.width * scale))
    canvas.height = Math.max(1, Math.round(drawn.height * scale))
    const context = canvas.getContext('2d')
    if (!context) return file
    context.imageSmoothingQuality = 'high'
    context.drawImage(drawn, 0, 0, canvas.width, canvas.height)
    const blob = await encoded(canvas)
    return blob && (scale < 1 || blob.size < file.size) ? named(blob, file.name) : file
  } finally {
    drawn.close()
  }
}

/** WebP, or JPEG where the browser cannot write that; null when the canvas cannot be read. */
export async function encoded(canvas: HTMLCanvasElement, quality = QUALITY): Promise<Blob | null> {
  const as = (type: string): Promise<Blob | null> => new Promise((done) => canvas.toBlob(done, type, quality))
  const webp = await as('image/webp')
  return webp?.type === 'image/webp' ? webp : as('image/jpeg')
}

export function named(blob: Blob, name: string): File {
  const ending = blob.type === 'image/webp' ? 'webp' : 'jpg'
  return new File([blob], `${name.replace(/\.[^.]*$/, '')}.${ending}`, { type: blob.type })
}
