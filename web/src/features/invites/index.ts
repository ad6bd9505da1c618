/** Coming into a group by a link or a QR code: making links, letting people in, joining. */
import type { WebFeature } from '../../shell/feature'
import { createInvites } from './api'
import InviteSection from './InviteSection.svelte'
import JoinOverlay from './JoinOverlay.svelte'
import { messages } from './messages'
import { NAME } from './name'
import WaitingBar from './WaitingBar.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createInvites },
  slots: { overlay: JoinOverlay, conversationBanner: WaitingBar, detailsSections: [InviteSection] },
  messages,
}

export default feature
