/** A square of a picture, small enough to travel to every contact. */
const SIDE_PX = 384
const QUALITY = 0.86

/** Rejects when the file is no picture the browser can read. */
export async function portrait(file: Blob): Promise<Blob> {
  const source = await createImageBitmap(file)
  const side = Math.min(source.width, source.height)
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.min(side, SIDE_PX)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  // JPEG has no transparency.
  context.fillStyle = '#fffdfa'
  context.fillRect(0, 0, canvas.width, canvas.height)
  const left = (source.width - side) / 2
  const top = (source.height - side) / 2
  context.drawImage(source, left, top, side, side, 0, 0, canvas.width, canvas.height)
  source.close()
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no JPEG'))), 'image/jpeg', QUALITY)
  })
}
