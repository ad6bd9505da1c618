/** Who is here now, as far as they let it be known. */
import type { WebFeature } from '../../shell/feature'
import { messages } from './messages'
import { NAME, PresenceModel, thisPage } from './presence'
import PresenceLine from './PresenceLine.svelte'
import PresenceSection from './PresenceSection.svelte'
import PresenceSign from './PresenceSign.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: (context) => new PresenceModel(context, thisPage()) },
  slots: {
    conversationLine: PresenceSign,
    personLines: [PresenceLine],
    settingsSections: [PresenceSection],
  },
  messages,
}

export default feature
