/** Notifications of the browser when no page is open (Web Push). */
import type { WebFeature } from '../../shell/feature'
import { thisBrowser } from './browser'
import { messages } from './messages'
import { NAME, PushModel } from './push'
import PushSection from './PushSection.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: (context) => new PushModel(context, thisBrowser()) },
  slots: { settingsSections: [PushSection] },
  messages,
}

export default feature
