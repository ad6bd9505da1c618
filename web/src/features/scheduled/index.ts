/** Messages that are sent later. */
import { icons } from '../../shell/design/icons'
import { showSheet } from '../../shell/design/sheets.svelte'
import type { WebFeature } from '../../shell/feature'
import { createScheduled, NAME } from './api'
import { messages } from './messages'
import ScheduledBar from './ScheduledBar.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createScheduled },
  slots: {
    composerAbove: ScheduledBar,
    sendActions: [
      {
        id: 'later',
        label: 'scheduled.later',
        icon: icons.clock,
        run: ({ app, conversation, content, attached, taken }) =>
          showSheet(() => import('./SendLater.svelte'), {
            app,
            log: conversation.log,
            content,
            attached,
            taken,
          }),
      },
    ],
  },
  messages,
}

export default feature
