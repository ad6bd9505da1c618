/** Questions with answers to choose from; everybody sees who voted for what. */
import { icons } from '../../shell/design/icons'
import { showSheet } from '../../shell/design/sheets.svelte'
import type { WebFeature } from '../../shell/feature'
import { createPolls, pollsApi } from './api'
import { folds, NAME, standingOf } from './fold'
import { messages } from './messages'
import PollBody from './PollBody.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, folds, create: createPolls },
  slots: {
    contentBodies: { poll: { component: PollBody } },
    composerActions: [
      {
        id: 'poll',
        label: 'polls.new',
        icon: icons.poll,
        run: ({ app, conversation }) =>
          showSheet(() => import('./NewPoll.svelte'), { app, log: conversation.log }),
      },
    ],
    messageActions: [
      {
        id: 'close-poll',
        label: 'polls.close',
        icon: icons.lock,
        shown: ({ message }) => message.mine && message.body.kind === 'poll' && !standingOf(message).closed,
        run: ({ app, log, message }) => pollsApi(app).close(log, message.seq),
      },
    ],
  },
  messages,
}

export default feature
