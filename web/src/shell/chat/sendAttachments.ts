/** Sends the files that waited beside the composer, each in the manner of its kind. */
import type { Attached } from '../../model/types'
import type { ConversationProps } from '../feature'
import { slot } from '../registry'
import type { Attachment } from './attachments.svelte'

/** What belongs to the message (a reply) goes with the first of them. */
export async function sendAttachments(
  props: ConversationProps,
  { files, original }: { files: readonly Attachment[]; original: boolean },
  attached: Partial<Attached>,
): Promise<void> {
  let belonging = attached
  for (const one of files) {
    await sendOne(props, one, original, belonging)
    belonging = {}
  }
}

async function sendOne(
  props: ConversationProps,
  { file, picture, asItIs }: Attachment,
  original: boolean,
  attached: Partial<Attached>,
): Promise<void> {
  const { app, conversation } = props
  const { log } = conversation
  if (picture && original) {
    await app.chat.sendFile(log, { as: 'picture', file }, attached)
    return
  }
  if (picture) {
    const { compressed } = await import('./compress')
    await app.chat.sendFile(log, { as: 'picture', file: await compressed(file) }, attached)
    return
  }
  if (!asItIs)
    for (const { value: senders } of slot('fileSenders'))
      for (const sender of senders)
        if (await sender.takes(file)) {
          await sender.send(props, file, attached)
          return
        }
  await app.chat.sendFile(log, { as: 'file', file }, attached)
}
