/** The entry: puts model, features and shell together. */
import { mount } from 'svelte'
import { createApp } from './model/app'
import {
  deviceName,
  linkUrl,
  networkKind,
  onActivity,
  onNetworkChange,
  onRoot,
  saveBlob,
} from './shell/browser'
import './shell/design/base.css'
import { locale } from './shell/i18n/i18n.svelte'
import { startPreferences } from './shell/preferences.svelte'
import { registerServiceWorker } from './shell/pwa/updates.svelte'
import { startRouter } from './shell/router.svelte'
import Shell from './shell/Shell.svelte'
import Unable from './shell/Unable.svelte'

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has no #app')

/** The worker fetches the whole client: not while what is needed now is on its way. */
async function rooms(): Promise<typeof import('./shell/rooms')> {
  try {
    return await import('./shell/rooms')
  } finally {
    registerServiceWorker()
  }
}

let root = ''
let expect = (named: string): void => {
  root = named
}
onRoot((named) => expect(named)) // before the router: it is no route

startPreferences()
startRouter()
void open(target)

/** Not at the module's top level: what comes later imports parts of the file this one is in, and would wait for it. */
async function open(target: HTMLElement): Promise<void> {
  try {
    const app = await createApp({
      linkUrl: linkUrl(location.href),
      features: async () => (await rooms()).features.flatMap(({ model }) => model ?? []),
      deviceName: deviceName(navigator.userAgent),
      language: locale(),
      saveBlob,
      root,
      onNetworkChange,
      onActivity,
      networkKind,
      onOutdated: () => location.reload(),
    })
    expect = (named) => void app.server.expect(named)
    mount(Shell, { target, props: { app, rooms } })
  } catch (error) {
    mount(Unable, { target, props: { error } })
  }
}
