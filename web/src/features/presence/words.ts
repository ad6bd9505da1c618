import { locale, t } from '../../shell/i18n/i18n.svelte'
import type { Standing } from './presence'

const DAY_MS = 86_400_000

/** Whether somebody is here, or when they were; '' when they do not let it be known. */
export function standingText(standing: Standing, nowMs: number): string {
  if (standing.state !== 'away') return standing.state === 'online' ? t('presence.online') : ''
  if (standing.seenAtMs === 0) return t('presence.away')
  const today = nowMs - standing.seenAtMs < DAY_MS
  const form: Intl.DateTimeFormatOptions = today
    ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
    : { day: 'numeric', month: 'short' }
  const time = new Intl.DateTimeFormat(locale(), form).format(standing.seenAtMs)
  return t('presence.seen', { time })
}
