/** Minutes after midnight, as `<input type=time>` writes them. */
const DAY_MIN = 24 * 60

export function toClock(minutes: number): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** null for what is no time of day: the field was emptied. */
export function toMinutes(clock: string): number | null {
  const match = /^(\d{2}):(\d{2})/.exec(clock)
  if (match === null) return null
  const minutes = Number(match[1]) * 60 + Number(match[2])
  return minutes < DAY_MIN ? minutes : null
}
