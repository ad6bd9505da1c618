/** The app, for the shell's components; a feature's components get it as a prop. */
import { createContext } from 'svelte'
import type { App } from '../model/api'

export const [getApp, setApp] = createContext<App>()
