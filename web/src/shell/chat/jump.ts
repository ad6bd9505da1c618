/** How what is drawn in a timeline leads to another place of it: a quote to its source. */
import { createContext } from 'svelte'

/** Shows the message with this seq, and points it out. */
export type Jump = (seq: number) => Promise<void>

export const [getJump, setJump] = createContext<Jump>()
