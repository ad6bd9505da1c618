/** Stickers: packs of one's own, and those of others one has met. */
import { icons } from '../../shell/design/icons'
import { showSheet } from '../../shell/design/sheets.svelte'
import type { WebFeature } from '../../shell/feature'
import { createStickers, NAME } from './api'
import { messages } from './messages'
import StickerBody from './StickerBody.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createStickers },
  slots: {
    contentBodies: { sticker: { component: StickerBody, bare: true } },
    composerActions: [
      {
        id: 'sticker',
        label: 'stickers.new',
        icon: icons.sticker,
        run: ({ app, conversation }) =>
          showSheet(() => import('./StickerSheet.svelte'), { app, log: conversation.log }),
      },
    ],
  },
  messages,
}

export default feature
