import type { WebFeature } from '../../shell/feature'
import { t } from '../../shell/i18n/i18n.svelte'
import { claimSession, Peers } from '../peers/api'
import CallButtons from './CallButtons.svelte'
import CallOverlay from './CallOverlay.svelte'
import CallRow from './CallRow.svelte'
import { Calls } from './calls'
import { folds, type CallRow as Row } from './fold'
import { messages } from './messages'
import { sentence } from './sentence'

const feature: WebFeature = {
  name: 'calls',
  model: {
    name: 'calls',
    folds,
    create(context) {
      const { mediaDevices, locks } = navigator as Partial<Navigator>
      const claim = (call: string) => claimSession(locks, call)
      return new Calls({ context, peers: new Peers(context), devices: mediaDevices, claim })
    },
  },
  slots: {
    overlay: CallOverlay,
    conversationActions: CallButtons,
    shortcuts: [
      { place: 'call', keys: ['M'], meaning: 'calls.mute' },
      { place: 'call', keys: ['V'], meaning: 'calls.cameraOff' },
    ],
    messageBody: CallRow,
    messagePreview: ({ body, mine }) => (body.kind === 'feature' ? sentence(body.data as Row, mine, t) : ''),
  },
  messages,
}

export default feature
