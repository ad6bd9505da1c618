/** Contact cards. */
import { icons } from '../../shell/design/icons'
import { showSheet } from '../../shell/design/sheets.svelte'
import type { WebFeature } from '../../shell/feature'
import CardBody from './CardBody.svelte'

const feature: WebFeature = {
  name: 'cards',
  slots: {
    contentBodies: { card: { component: CardBody } },
    composerActions: [
      {
        id: 'card',
        label: 'cards.new',
        icon: icons.people,
        run: ({ app, conversation }) =>
          showSheet(() => import('./ChooseCard.svelte'), { app, log: conversation.log }),
      },
    ],
  },
  messages: {
    en: { 'cards.new': 'Contact card', 'cards.card': 'Contact card', 'cards.send': 'Send the card of' },
    zh: { 'cards.new': '名片', 'cards.card': '个人名片', 'cards.send': '发送名片' },
  },
}

export default feature
