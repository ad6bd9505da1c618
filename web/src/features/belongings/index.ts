/** What is mine here: what takes space, a copy of all of it, and the end of the account. */
import type { WebFeature } from '../../shell/feature'
import { createBelongings, NAME } from './api'
import BelongingsSection from './BelongingsSection.svelte'
import { messages } from './messages'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createBelongings },
  slots: { settingsSections: [BelongingsSection] },
  messages,
}

export default feature
