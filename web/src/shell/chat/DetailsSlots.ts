/** What features add to the details of a conversation. */
import type { Component } from 'svelte'

declare module '../feature' {
  interface FeatureSlots {
    /** Below what one may do with it, each a `design/Section`; draws nothing when there is nothing to show. */
    detailsSections?: Component<ConversationProps>[]
  }
}
