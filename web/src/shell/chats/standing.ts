import type { ConversationSummary } from '../../model/types'

/** There is something to read, or the person said so. */
export const isUnread = ({ unread, preferences }: ConversationSummary): boolean =>
  unread > 0 || preferences.markedUnread
