/** Several messages that were forwarded as one. */
import type { WebFeature } from '../../shell/feature'
import BundleBody from './BundleBody.svelte'

const feature: WebFeature = {
  name: 'bundles',
  slots: { contentBodies: { bundle: { component: BundleBody } } },
  messages: {
    en: { 'bundles.count': 'Chat history, {count} messages', 'bundles.title': 'Chat history of {title}' },
    zh: { 'bundles.count': '聊天记录，共 {count} 条', 'bundles.title': '{title}的聊天记录' },
  },
}

export default feature
