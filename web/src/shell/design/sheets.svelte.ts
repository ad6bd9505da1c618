/** Sheets that are fetched when they are first wanted, so that opening the client does not wait for them. */
import type { Component } from 'svelte'
import { attempt } from './toasts.svelte'

export interface Closing {
  onclose: () => void
}

export interface OpenSheet {
  id: number
  component: Component<Closing>
  props: object
}

let shown = $state.raw<readonly OpenSheet[]>([])
let nextId = 1

export const openSheets = (): readonly OpenSheet[] => shown

/** Shows a sheet above whatever is open; `onclose` is given to it. */
export async function showSheet<Props extends object>(
  load: () => Promise<{ default: Component<Props & Closing> }>,
  props: Props,
): Promise<void> {
  await attempt(
    load().then((loaded) => {
      const component = loaded.default as unknown as Component<Closing>
      shown = [...shown, { id: nextId++, component, props }]
    }),
  )
}

export function closeSheet(id: number): void {
  shown = shown.filter((sheet) => sheet.id !== id)
}
