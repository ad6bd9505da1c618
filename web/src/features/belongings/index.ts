/** What is mine here: what takes space, a copy of all of it, and the end of the account. */
import type { WebFeature } from '../../shell/feature'
import { createBelongings, NAME } from './api'
import BelongingsSection from './BelongingsSection.svelte'
import EndRow from './EndRow.svelte'
import { messages } from './messages'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createBelongings },
  slots: { accountSections: [BelongingsSection], leavingRows: [EndRow] },
  messages,
}

export default feature
