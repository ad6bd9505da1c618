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

const rooms = (): Promise<typeof import('./shell/rooms')> => import('./shell/rooms')

let root = ''
let expect = (named: string): void => {
  root = named
}
onRoot((named) => expect(named)) // before the router: it is no route

startPreferences()
startRouter()
registerServiceWorker()
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
