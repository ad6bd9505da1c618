import type { WebFeature } from '../../shell/feature'
import { messages } from './messages'
import { QuickReceive } from './receive'
import ReceivePage from './ReceivePage.svelte'

const feature: WebFeature = {
  name: 'quicksend',
  model: {
    name: 'quicksend',
    create: (context) => new QuickReceive(context),
  },
  slots: { receivePage: ReceivePage },
  messages,
}

export default feature
