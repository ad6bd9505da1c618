/** Stickers: packs of one's own, and those of others one has met. */
import { icons } from '../../shell/design/icons'
import { showSheet } from '../../shell/design/sheets.svelte'
import type { ConversationProps, MenuEntry, WebFeature } from '../../shell/feature'
import { createStickers, NAME } from './api'
import { messages } from './messages'
import StickerBody from './StickerBody.svelte'

const choose: MenuEntry<ConversationProps> = {
  id: 'sticker',
  label: 'stickers.new',
  icon: icons.sticker,
  run: ({ app, conversation }) =>
    showSheet(() => import('./StickerSheet.svelte'), { app, log: conversation.log }),
}

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createStickers },
  slots: {
    contentBodies: { sticker: { component: StickerBody, bare: true } },
    composerActions: [choose],
    emojiActions: [choose],
  },
  messages,
}

export default feature
