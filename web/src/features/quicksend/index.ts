import type { WebFeature } from '../../shell/feature'
import { messages } from './messages'
import { QuickReceive } from './receive'
import ReceivePage from './ReceivePage.svelte'
import { QuickSending } from './send'
import SendPage from './SendPage.svelte'
import type { QuickApi } from './types'

const feature: WebFeature = {
  name: 'quicksend',
  model: {
    name: 'quicksend',
    create: (context): QuickApi => ({
      receiving: new QuickReceive(context),
      sending: new QuickSending(context),
    }),
  },
  slots: { receivePage: ReceivePage, sendPage: SendPage },
  messages,
}

export default feature
