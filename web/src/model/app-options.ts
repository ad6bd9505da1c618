/** What an app is made of, and what the one who made it holds. */
import type { Activity } from '../link/activity'
import type { OpenChannel } from '../link/channel'
import type { Network } from '../link/patience'
import type { App } from './api'
import type { Clock, ModelFeature } from './feature'
import type { Tabs } from './tabs'

export interface AppOptions {
  /** Absolute: `wss://host/link`. */
  linkUrl: string
  /** Or how they are fetched: not before somebody is signed in. */
  features?: readonly ModelFeature[] | (() => Promise<readonly ModelFeature[]>)
  /** What this device is called in the list of devices, e.g. "Firefox on Linux"; 1-64 characters. */
  deviceName: string
  /** BCP 47, for what the server says to this person. */
  language: string
  /** Hands a finished download to the person: a link with `download` in a page. */
  saveBlob(data: Blob, name: string): void
  /** The root key that the page's address names, else ''. */
  root?: string
  /** Calls `run` when the network changed; returns the unsubscriber. */
  onNetworkChange?(run: () => void): () => void
  /** Calls `run` whenever the person comes or goes; returns the unsubscriber. */
  onActivity?(run: (activity: Activity) => void): () => void
  networkKind?(): Network
  /** A newer client runs in another tab: this one has to be reloaded. */
  onOutdated?(): void
  databaseName?: string
  clock?: Clock
  /** In [0, 1). */
  random?: () => number
  openChannel?: OpenChannel
  tabs?: Tabs
}

export interface RunningApp extends App {
  /** Ends the connection and lets go of the database. */
  close(): void
}
