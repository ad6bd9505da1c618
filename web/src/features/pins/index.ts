/** Messages that a conversation keeps in sight. */
import { icons } from '../../shell/design/icons'
import type { MessageProps, WebFeature } from '../../shell/feature'
import { createPins, NAME, pinsApi } from './api'
import { messages } from './messages'
import PinnedBar from './PinnedBar.svelte'
import { isPinned } from './pinned.svelte'

/** In groups: the owner and admins. */
function mayPin({ app, conversation }: MessageProps): boolean {
  if (!conversation.group) return true
  let me = ''
  app.session.session.subscribe((session) => (me = session?.me.user ?? ''))()
  const role = conversation.members.find(({ person }) => person.user === me)?.role
  return role === 'owner' || role === 'admin'
}

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createPins },
  slots: {
    conversationBanner: PinnedBar,
    messageActions: [
      {
        id: 'pin',
        label: 'pins.pin',
        icon: icons.pin,
        shown: (props) =>
          mayPin(props) && props.message.body.kind !== 'feature' && !isPinned(props.log, props.message.seq),
        run: ({ app, log, message }) => pinsApi(app).pin(log, message.seq, true),
      },
      {
        id: 'unpin',
        label: 'pins.unpin',
        icon: icons.pin,
        shown: (props) => mayPin(props) && isPinned(props.log, props.message.seq),
        run: ({ app, log, message }) => pinsApi(app).pin(log, message.seq, false),
      },
    ],
  },
  messages,
}

export default feature
