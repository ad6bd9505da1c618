/** Accounts of programs, in "Me", and addresses that programs post to, in the details of a group. */
import type { WebFeature } from '../../shell/feature'
import { createBots, NAME } from './api'
import BotSection from './BotSection.svelte'
import HookSection from './HookSection.svelte'
import { messages } from './messages'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createBots },
  slots: { detailsSections: [HookSection], accountSections: [BotSection] },
  messages,
}

export default feature
