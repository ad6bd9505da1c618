/** Short words at the edge of the screen: what was done, or why it was not. */
import { explain } from '../i18n/explain'

export interface Toast {
  id: number
  text: string
  wrong: boolean
}

/** More at once would cover the screen; the oldest gives way. */
const SHOWN_MAX = 3
const SHOWN_FOR_MS = 5000

export const toasts = $state<Toast[]>([])
let nextId = 1

export function toast(text: string, wrong = false): void {
  // What is said again is said once, for as long as if it was new.
  const said = toasts.find((candidate) => candidate.text === text)
  if (said) dismiss(said.id)
  const id = nextId++
  toasts.push({ id, text, wrong })
  if (toasts.length > SHOWN_MAX) toasts.shift()
  setTimeout(() => dismiss(id), SHOWN_FOR_MS)
}

export function dismiss(id: number): void {
  const at = toasts.findIndex((candidate) => candidate.id === id)
  if (at >= 0) toasts.splice(at, 1)
}

/** Waits for what the person asked for, and says so when it fails. Resolves with whether it worked. */
export async function attempt(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    toast(explain(error), true)
    return false
  }
}
