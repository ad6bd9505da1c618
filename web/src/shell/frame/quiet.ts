import type { AccountPreferences } from '../../model/types'

/** Whether it is one of the hours in which nothing is announced, where the person lives. */
export function isQuiet({ fromMin, toMin, zone }: AccountPreferences['quiet'], nowMs: number): boolean {
  if (fromMin === toMin) return false
  const now = minuteOfDay(zone, nowMs)
  return fromMin < toMin ? fromMin <= now && now < toMin : fromMin <= now || now < toMin
}

/** Minutes after midnight; of a zone this browser does not know, by its own clock. */
function minuteOfDay(timeZone: string, nowMs: number): number {
  const form: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: 'numeric', hourCycle: 'h23' }
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en', { ...form, timeZone })
  } catch {
    format = new Intl.DateTimeFormat('en', form)
  }
  const part = (type: 'hour' | 'minute'): number =>
    Number(format.formatToParts(nowMs).find((each) => each.type === type)?.value)
  return part('hour') * 60 + part('minute')
}
