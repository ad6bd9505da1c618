/** The entry: puts model, features and shell together. */
import { mount } from 'svelte'
import { createApp } from './model/app'
import { deviceName, linkUrl, onNetworkChange, saveBlob } from './shell/browser'
import './shell/design/base.css'
import { locale } from './shell/i18n/i18n.svelte'
import { startPreferences } from './shell/preferences.svelte'
import { registerServiceWorker } from './shell/pwa/updates.svelte'
import { features } from './shell/registry'
import { startRouter } from './shell/router.svelte'
import Shell from './shell/Shell.svelte'
import Unable from './shell/Unable.svelte'

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has no #app')

startPreferences()
startRouter()
registerServiceWorker()
try {
  const app = await createApp({
    linkUrl: linkUrl(location.href),
    features: features.flatMap(({ model }) => model ?? []),
    deviceName: deviceName(navigator.userAgent),
    language: locale(),
    saveBlob,
    onNetworkChange,
    onOutdated: () => location.reload(),
  })
  mount(Shell, { target, props: { app } })
} catch (error) {
  mount(Unable, { target, props: { error } })
}
