/** Makes a sticker of a picture: at most 512 pixels a side, WebP. */
const SIDE_MAX = 512

/** Pictures that move stay as they are; the server says when one is too large. */
export async function asSticker(picture: File): Promise<File> {
  if (picture.type === 'image/gif') return picture
  const drawn = await createImageBitmap(picture)
  const scale = Math.min(1, SIDE_MAX / Math.max(drawn.width, drawn.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(drawn.width * scale))
  canvas.height = Math.max(1, Math.round(drawn.height * scale))
  canvas.getContext('2d')?.drawImage(drawn, 0, 0, canvas.width, canvas.height)
  drawn.close()
  // Where a browser cannot write WebP it writes PNG, which is as good.
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/webp', 0.9))
  return blob === null ? picture : new File([blob], 'sticker', { type: blob.type })
}
