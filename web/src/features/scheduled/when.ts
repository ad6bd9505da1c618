/** Times to send at. Pure. */

/** What `<input type=datetime-local>` holds, in the time zone of this device. */
export function localTime(atMs: number): string {
  const at = new Date(atMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** NaN for what is no time. */
export const timeOf = (local: string): number => new Date(local).getTime()

const SOON_MS = 10_000
const YEAR_MS = 365 * 24 * 3600 * 1000

/** The server's bounds: ten seconds to a year from now. */
export const isPossible = (atMs: number, nowMs: number): boolean =>
  atMs >= nowMs + SOON_MS && atMs <= nowMs + YEAR_MS

/** What is offered at a press: in an hour, tonight, tomorrow, and Monday unless that is tomorrow; in that order, each in the future. */
export function proposals(nowMs: number): { key: string; atMs: number }[] {
  const at = (days: number, hour: number): number => {
    const day = new Date(nowMs)
    day.setDate(day.getDate() + days)
    return day.setHours(hour, 0, 0, 0)
  }
  const toMonday = (8 - new Date(nowMs).getDay()) % 7 || 7
  return [
    { key: 'hour', atMs: nowMs + 3_600_000 },
    { key: 'tonight', atMs: at(0, 20) },
    { key: 'tomorrow', atMs: at(1, 9) },
    ...(toMonday > 1 ? [{ key: 'monday', atMs: at(toMonday, 9) }] : []),
  ].filter(({ atMs }) => isPossible(atMs, nowMs))
}
