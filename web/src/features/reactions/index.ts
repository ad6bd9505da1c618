/** Reactions to messages: the worked example of CONTRIBUTING.md. */
import type { WebFeature } from '../../shell/feature'
import { createReactions } from './api'
import { folds, NAME } from './fold'
import { messages } from './messages'
import ReactionBar from './ReactionBar.svelte'
import ReactionPicker from './ReactionPicker.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, folds, create: createReactions },
  slots: { messageFooter: ReactionBar, messageMenu: ReactionPicker },
  messages,
}

export default feature
