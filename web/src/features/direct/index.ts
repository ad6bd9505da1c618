/** Texts that ride between two devices, ahead of the server. */
import type { WebFeature } from '../../shell/feature'
import { claimSession, Peers } from '../peers/api'
import { NAME } from './api'
import { DirectText } from './direct'
import DirectFooter from './DirectFooter.svelte'
import DirectMark from './DirectMark.svelte'
import DirectSetting from './DirectSetting.svelte'
import { messages } from './messages'

const feature: WebFeature = {
  name: NAME,
  model: {
    name: NAME,
    create(context) {
      const { locks } = navigator as Partial<Navigator>
      return new DirectText(context, new Peers(context), (session) => claimSession(locks, session))
    },
  },
  slots: {
    conversationActions: DirectMark,
    messageFooter: DirectFooter,
    settingsSections: [DirectSetting],
  },
  messages,
}

export default feature
