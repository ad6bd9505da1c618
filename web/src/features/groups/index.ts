/** A group's announcement, above its conversation until it was read. */
import type { WebFeature } from '../../shell/feature'
import Announcement from './Announcement.svelte'
import { createGroups, NAME } from './api'
import { messages } from './messages'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createGroups },
  slots: { conversationBanner: Announcement },
  messages,
}

export default feature
