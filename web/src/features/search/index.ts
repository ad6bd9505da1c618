/** Finding messages by what they say, everywhere or in one conversation; and people of one's groups by name. */
import type { WebFeature } from '../../shell/feature'
import { createSearch, NAME } from './api'
import FindMessages from './FindMessages.svelte'
import FindPeople from './FindPeople.svelte'
import { messages } from './messages'
import SearchButton from './SearchButton.svelte'
import SearchSection from './SearchSection.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createSearch },
  slots: {
    conversationActions: SearchButton,
    detailsSections: [SearchSection],
    findSections: [FindPeople, FindMessages],
    shortcuts: [{ place: 'everywhere', keys: ['Mod F'], meaning: 'search.here' }],
  },
  messages,
}

export default feature
