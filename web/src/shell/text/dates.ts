/** Times as people write them, in the person's language and time zone. `now` is always given. */
const DAY_MS = 86_400_000

/** Local midnight before `atMs`. */
export function dayStart(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0)
}

export const sameDay = (aMs: number, bMs: number): boolean => dayStart(aMs) === dayStart(bMs)

/** Calendar days from `atMs` to `nowMs`; rounded, because days with a clock change are not 24 hours. */
export function daysBefore(atMs: number, nowMs: number): number {
  return Math.round((dayStart(nowMs) - dayStart(atMs)) / DAY_MS)
}

/** "14:02". */
export function clockTime(atMs: number, locale: string): string {
  return format(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, atMs)
}

/** For a day separator: today, yesterday, a weekday within the last week, else the date. */
export function dayName(atMs: number, nowMs: number, locale: string): string {
  const days = daysBefore(atMs, nowMs)
  if (days === 0 || days === 1) return relativeDay(-days, locale)
  if (days > 1 && days < 7) return format(locale, { weekday: 'long' }, atMs)
  const year = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear() ? undefined : 'numeric'
  return format(locale, { day: 'numeric', month: 'long', year }, atMs)
}

/** For a list: the time today, the day otherwise. */
export function listTime(atMs: number, nowMs: number, locale: string): string {
  const days = daysBefore(atMs, nowMs)
  if (days === 0) return clockTime(atMs, locale)
  if (days === 1) return relativeDay(-1, locale)
  if (days > 1 && days < 7) return format(locale, { weekday: 'short' }, atMs)
  return format(locale, { day: 'numeric', month: 'numeric', year: '2-digit' }, atMs)
}

/** The exact time, for a tooltip. */
export function fullTime(atMs: number, locale: string): string {
  return format(locale, { dateStyle: 'full', timeStyle: 'medium', hourCycle: 'h23' }, atMs)
}

/** A day and its time, as one agrees on them. */
export function dayTime(atMs: number, locale: string): string {
  return format(locale, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }, atMs)
}

/** "3 minutes ago", "yesterday". */
export function timeAgo(atMs: number, nowMs: number, locale: string): string {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const minutes = Math.floor((nowMs - atMs) / 60_000)
  if (minutes < 60) return relative.format(-Math.max(0, minutes), 'minute')
  if (minutes < 24 * 60) return relative.format(-Math.floor(minutes / 60), 'hour')
  return relative.format(-daysBefore(atMs, nowMs), 'day')
}

/** "3 days", in the largest unit that fits. */
export function duration(seconds: number, locale: string): string {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ] as const
  const [unit, size] = units.find(([, length]) => seconds >= length && seconds % length === 0) ?? [
    'second',
    1,
  ]
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size)
}

function relativeDay(days: number, locale: string): string {
  const text = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day')
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
}

/** Making a formatter costs far more than using it, and a long conversation uses it a thousand times. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function format(locale: string, options: Intl.DateTimeFormatOptions, atMs: number): string {
  const key = locale + JSON.stringify(options)
  let formatter = formatters.get(key)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat(locale, options)
    formatters.set(key, formatter)
  }
  return formatter.format(atMs)
}
