/** What can be done to a picture, each on a canvas of its own: the one before stays for undoing. */
export interface Point {
  x: number
  y: number
}
export interface Area extends Point {
  width: number
  height: number
}

/** Larger pictures are made smaller first: phones have no memory for more. */
const SIDE_MAX = 4096
/** So many lines of words would fill the longer side. */
const LINES = 18
/** The darkest of the colours one draws with. */
export const DARK = '#151413'
/** Blocks of a mosaic across the longer side. */
const BLOCKS = 48

function make(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(width))
  canvas.height = Math.max(1, Math.round(height))
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  return [canvas, context]
}

/** Rejects for what is no picture. */
export async function load(file: Blob): Promise<HTMLCanvasElement> {
  const drawn = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const scale = Math.min(1, SIDE_MAX / Math.max(drawn.width, drawn.height))
  const [canvas, context] = make(drawn.width * scale, drawn.height * scale)
  context.drawImage(drawn, 0, 0, canvas.width, canvas.height)
  drawn.close()
  return canvas
}

export function copyOf(from: HTMLCanvasElement): HTMLCanvasElement {
  const [canvas, context] = make(from.width, from.height)
  context.drawImage(from, 0, 0)
  return canvas
}

/** A quarter to the right. */
export function turned(from: HTMLCanvasElement): HTMLCanvasElement {
  const [canvas, context] = make(from.height, from.width)
  context.translate(canvas.width, 0)
  context.rotate(Math.PI / 2)
  context.drawImage(from, 0, 0)
  return canvas
}

/** The same picture when the area is too small to be meant. */
export function cropped(from: HTMLCanvasElement, area: Area): HTMLCanvasElement {
  const { x, y, width, height } = within(area, from)
  if (width < 16 || height < 16) return from
  const [canvas, context] = make(width, height)
  context.drawImage(from, x, y, width, height, 0, 0, width, height)
  return canvas
}

export function line(on: HTMLCanvasElement, from: Point, to: Point, colour: string, width: number): void {
  const context = on.getContext('2d')
  if (!context) return
  context.strokeStyle = colour
  context.lineWidth = width
  context.lineCap = 'round'
  context.beginPath()
  context.moveTo(from.x, from.y)
  context.lineTo(to.x, to.y)
  context.stroke()
}

/** Words around a point, outlined so that they stand out on anything; they stay inside as far as they fit. */
export function written(
  from: HTMLCanvasElement,
  words: string,
  at: Point,
  colour: string,
): HTMLCanvasElement {
  const canvas = copyOf(from)
  const context = canvas.getContext('2d')
  if (!context) return canvas
  const size = Math.max(14, Math.max(from.width, from.height) / LINES)
  context.font = `600 ${size}px system-ui, sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  const half = Math.min(context.measureText(words).width, from.width) / 2
  const x = Math.max(half, Math.min(at.x, from.width - half))
  const y = Math.max(size / 2, Math.min(at.y, from.height - size / 2))
  context.lineJoin = 'round'
  context.lineWidth = size / 8
  context.strokeStyle = colour === DARK ? '#ffffff' : DARK
  context.strokeText(words, x, y, from.width)
  context.fillStyle = colour
  context.fillText(words, x, y, from.width)
  return canvas
}

/** Makes an area unreadable: what was there is gone, not only covered. */
export function mosaic(from: HTMLCanvasElement, area: Area): HTMLCanvasElement {
  const { x, y, width, height } = within(area, from)
  const canvas = copyOf(from)
  const context = canvas.getContext('2d')
  if (!context || width < 1 || height < 1) return canvas
  const block = Math.max(8, Math.max(from.width, from.height) / BLOCKS)
  const [small, smallContext] = make(width / block, height / block)
  smallContext.drawImage(from, x, y, width, height, 0, 0, small.width, small.height)
  context.imageSmoothingEnabled = false
  context.drawImage(small, 0, 0, small.width, small.height, x, y, width, height)
  return canvas
}

export function areaOf(a: Point, b: Point): Area {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  }
}

/** The part of an area that lies in a picture. */
export function within(area: Area, { width, height }: { width: number; height: number }): Area {
  const x = Math.max(0, Math.min(area.x, width))
  const y = Math.max(0, Math.min(area.y, height))
  return {
    x,
    y,
    width: Math.max(0, Math.min(area.x + area.width, width) - x),
    height: Math.max(0, Math.min(area.y + area.height, height) - y),
  }
}
