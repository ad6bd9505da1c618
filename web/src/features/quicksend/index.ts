import type { WebFeature } from '../../shell/feature'
import type { QuickApi } from './api'
import { tidy } from './leftovers'
import { messages } from './messages'
import Receiving from './Receiving.svelte'
import Sending from './Sending.svelte'
import type { QuickSides } from './types'

const feature: WebFeature = {
  name: 'quicksend',
  model: {
    name: 'quicksend',
    create(context): QuickApi {
      // Where storage is refused there is nothing to tidy.
      void tidy(context).catch(() => undefined)
      let sides: QuickSides | undefined
      return {
        async enter() {
          const { sidesOf, ReceivePage, SendPage } = await import('./sides')
          sides ??= sidesOf(context)
          return { ...sides, ReceivePage, SendPage }
        },
      }
    },
  },
  slots: { receivePage: Receiving, sendPage: Sending },
  messages,
}

export default feature
