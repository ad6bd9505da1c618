import type { Message, PictureContent } from '../../model/types'

export interface ShownPicture {
  id: string
  author: string
  atMs: number
  picture: PictureContent
}

/** The pictures of a timeline in order, for the viewer's arrows and the details panel. */
export function picturesOf(messages: readonly Message[]): ShownPicture[] {
  return messages.flatMap(({ id, author, atMs, body }) =>
    body.kind === 'picture' && body.blob !== '' ? [{ id, author, atMs, picture: body }] : [],
  )
}

const WIDTH_MAX = 300
const HEIGHT_MAX = 360
const SIDE_MIN = 90

/** The box a picture gets in a bubble before a byte of it is there. */
export function boxOf({ width, height }: { width: number; height: number }): {
  width: number
  height: number
} {
  if (width <= 0 || height <= 0) return { width: WIDTH_MAX, height: 200 }
  const scale = Math.min(WIDTH_MAX / width, HEIGHT_MAX / height, 1)
  return {
    width: Math.max(SIDE_MIN, Math.round(width * scale)),
    height: Math.max(SIDE_MIN, Math.round(height * scale)),
  }
}
