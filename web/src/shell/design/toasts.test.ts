import { expect, it } from 'vitest'
import { dismiss, toast, toasts } from './toasts.svelte'

const texts = (): string[] => toasts.map(({ text }) => text)

it('says the same once, as the newest', () => {
  for (const text of ['Saved', 'Offline', 'Saved']) toast(text)
  expect(texts()).toEqual(['Offline', 'Saved'])
  for (const { id } of [...toasts]) dismiss(id)
})

it('shows the newest three', () => {
  for (const text of ['one', 'two', 'three', 'four']) toast(text)
  expect(texts()).toEqual(['two', 'three', 'four'])
  for (const { id } of [...toasts]) dismiss(id)
})
