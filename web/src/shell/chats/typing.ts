import type { ConversationSummary } from '../../model/types'
import type { Values } from '../i18n/i18n.svelte'

/** "Lin is typing…", or '' when nobody is. In a conversation of two the name goes without saying. */
export function typingText(
  { typing, group }: ConversationSummary,
  t: (key: string, values?: Values) => string,
): string {
  if (typing.length === 0) return ''
  if (!group) return t('typing.now')
  return typing.length === 1
    ? t('typing.one', { name: typing[0] ?? '' })
    : t('typing.many', { number: typing.length })
}
