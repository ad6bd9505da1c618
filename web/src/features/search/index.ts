/** Finding messages by what they say: beside conversations and people, and in a conversation of its own. */
import type { WebFeature } from '../../shell/feature'
import { createSearch, NAME } from './api'
import FindMessages from './FindMessages.svelte'
import { messages } from './messages'
import SearchButton from './SearchButton.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createSearch },
  slots: { conversationActions: SearchButton, findSections: [FindMessages] },
  messages,
}

export default feature
