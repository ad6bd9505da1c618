/** What features add to the search for conversations and people. */
import type { Component } from 'svelte'
import type { App } from '../../model/api'

export interface FindProps {
  app: App
  /** What was typed. */
  query: string
  /** Closes the search; called when something was chosen. */
  onclose: () => void
}

declare module '../feature' {
  interface FeatureSlots {
    /** Below the conversations and people that were found. */
    findSections?: Component<FindProps>[]
  }
}
