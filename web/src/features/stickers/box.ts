/** The box a sticker gets before a byte of it is there. */
const SIDE_MAX = 160

export function stickerBox({ width, height }: { width: number; height: number }): {
  width: number
  height: number
} {
  if (width <= 0 || height <= 0) return { width: SIDE_MAX, height: SIDE_MAX }
  const scale = Math.min(1, SIDE_MAX / Math.max(width, height))
  return { width: Math.round(width * scale), height: Math.round(height * scale) }
}
