/** What rows have in common. */
import type { Attached, Message } from './types'

export const NOTHING_ATTACHED: Attached = { replyTo: 0, mentions: [], preview: null }

/** A message without anything that most messages lack. */
export const PLAIN = {
  ...NOTHING_ATTACHED,
  forwardedFrom: null,
  editedAtMs: 0,
  disappearsAtMs: 0,
  error: '',
  reason: '',
  progress: -1,
  extras: {},
} satisfies Partial<Message>
