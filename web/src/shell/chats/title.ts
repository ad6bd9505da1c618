import type { ConversationSummary } from '../../model/types'

/** What a conversation is called: the one with oneself is no name of a person. */
export const titleOf = ({ saved, title }: ConversationSummary, t: (key: string) => string): string =>
  saved ? t('chats.saved') : title
