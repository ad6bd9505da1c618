/** What stands behind a link that is being written. */
import type { WebFeature } from '../../shell/feature'
import { createPreviews, NAME } from './api'
import { messages } from './messages'
import PreviewBar from './PreviewBar.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createPreviews },
  slots: { composerAbove: PreviewBar },
  messages,
}

export default feature
