/**
 * All that somebody needs who is in: a part of the client of its own, so that who comes for the first time sees the
 * door before the rest of the house has arrived.
 */
export { default as Frame } from './frame/Frame.svelte'
export { features, slot } from './registry'
