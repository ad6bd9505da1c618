/** Sending files and folders directly, from the composer's menu or by dropping them: one row, however many. */
import type { ConversationProps } from '../../shell/feature'
import { attempt, toast } from '../../shell/design/toasts.svelte'
import { t } from '../../shell/i18n/i18n.svelte'
import { transfersOf } from './api'
import { pickedOf, pickFiles, pickFolder, readDropped } from './pick'
import { ManifestError } from './protocol/errors'
import type { Picked } from './source'

export function betweenTwo({ conversation }: ConversationProps): boolean {
  return !conversation.group && conversation.peer !== null
}

async function offer({ app, conversation }: ConversationProps, picked: Picked | null): Promise<void> {
  if (picked === null) return
  const offered = transfersOf(app).offer(conversation.log, picked)
  await attempt(
    offered.catch((error: unknown) => {
      if (!(error instanceof ManifestError)) throw error
      toast(t('transfers.notTogether'), true)
    }),
  )
}

export async function offerPicked(props: ConversationProps): Promise<void> {
  await offer(props, await pickFiles())
}

export async function offerFolder(props: ConversationProps): Promise<void> {
  await offer(props, await pickFolder())
}

/** With `items`, which are read before the event is over, folders can be dropped too. */
export async function offerDropped(
  props: ConversationProps,
  files: File[],
  items?: DataTransferItemList,
): Promise<void> {
  await offer(props, items === undefined ? pickedOf(files) : await readDropped(items))
}
