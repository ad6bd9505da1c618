/** Sending files directly from the composer's menu or by dropping them. */
import type { ConversationProps } from '../../shell/feature'
import { attempt, toast } from '../../shell/design/toasts.svelte'
import { t } from '../../shell/i18n/i18n.svelte'
import { transfersOf } from './api'
import { pickFiles, type Picked } from './pick'

/** Each is a row, a connection and a prompt on the other side. */
const FILES_MAX = 20

export function betweenTwo({ conversation }: ConversationProps): boolean {
  return !conversation.group && conversation.peer !== null
}

async function offerAll({ app, conversation }: ConversationProps, picked: Picked[]): Promise<void> {
  if (picked.length > FILES_MAX) toast(t('transfers.tooMany', { count: FILES_MAX }), true)
  const transfers = transfersOf(app)
  const offers = picked
    .slice(0, FILES_MAX)
    .map(({ file, handle }) => attempt(transfers.offer(conversation.log, file, handle)))
  await Promise.all(offers)
}

export async function offerPicked(props: ConversationProps): Promise<void> {
  await offerAll(props, await pickFiles(true))
}

export async function offerDropped(props: ConversationProps, files: File[]): Promise<void> {
  await offerAll(
    props,
    files.map((file) => ({ file })),
  )
}
