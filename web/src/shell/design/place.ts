/** Where a floating box goes beside its anchor: below when there is room, else above; always on screen. */
export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

const GAP = 6
const MARGIN = 8

export function place(
  anchor: Box,
  box: { width: number; height: number },
  screen: { width: number; height: number },
): { left: number; top: number } {
  const below = anchor.bottom + GAP
  const above = anchor.top - GAP - box.height
  const fitsBelow = below + box.height <= screen.height - MARGIN
  const top = fitsBelow || above < MARGIN ? below : above
  // Aligned with the anchor's left edge, or with its right edge in the right half of the screen.
  const left = (anchor.left + anchor.right) / 2 < screen.width / 2 ? anchor.left : anchor.right - box.width
  return {
    left: clamp(left, MARGIN, screen.width - MARGIN - box.width),
    top: clamp(top, MARGIN, screen.height - MARGIN - box.height),
  }
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(value, high))
