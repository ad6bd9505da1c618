import { expect, test } from 'vitest'
import { messages } from './messages'
import { rowState } from './state'
import { smoothed, timeLeft } from './rate'
import { NO_PROGRESS, type Transfer, type TransferPhase } from './types'

const transfer: Transfer = {
  transfer: 't',
  name: 'a.bin',
  sizeBytes: 10,
  mediaType: '',
  files: 0,
  senderDevice: 'here',
  result: '',
  path: 'unknown',
  blob: '',
}
const phases: TransferPhase[] = [
  ...([
    'none',
    'waiting',
    'accepting',
    'connecting',
    'sending',
    'receiving',
    'interrupted',
    'verifying',
  ] as const),
  ...(['storing', 'needsFile', 'received', 'elsewhere', 'failed'] as const),
]

test('an offer is taken or declined by the other side, and by nobody else', () => {
  expect(rowState(transfer, NO_PROGRESS, false, 'x').actions).toEqual(['accept', 'decline'])
  expect(rowState(transfer, NO_PROGRESS, true, 'here').actions).not.toContain('accept')
  expect(rowState(transfer, NO_PROGRESS, true, 'phone').text).toBe('transfers.otherDevice')
})

test('only a verified file, or a stored one, can be saved', () => {
  for (const phase of phases) {
    const { actions } = rowState(transfer, { ...NO_PROGRESS, phase }, false, 'x')
    expect(actions.includes('save')).toBe(phase === 'received')
  }
  const delivered: Transfer = { ...transfer, result: 'delivered' }
  expect(rowState(delivered, NO_PROGRESS, false, 'x').actions).toEqual([])
  expect(rowState(delivered, { ...NO_PROGRESS, phase: 'received' }, false, 'x').actions).toEqual(['save'])
  expect(rowState({ ...transfer, result: 'stored', blob: 'b' }, NO_PROGRESS, false, 'x').actions).toEqual([
    'save',
  ])
})

test('what is over offers nothing that goes on', () => {
  for (const result of ['declined', 'cancelled', 'expired'] as const)
    for (const phase of phases)
      expect(rowState({ ...transfer, result }, { ...NO_PROGRESS, phase }, true, 'here').actions).toEqual([])
})

test('a folder is saved as a whole, chosen again as a folder, and never stored on the server', () => {
  const folder: Transfer = { ...transfer, files: 12 }
  const actions = (progress: object, mine: boolean) =>
    rowState(folder, { ...NO_PROGRESS, ...progress }, mine, 'here').actions
  expect(actions({ phase: 'received' }, false)).toEqual(['saveAll'])
  expect(actions({ phase: 'needsFile', folder: true }, true)).toEqual(['chooseFolder', 'cancel'])
  expect(actions({ phase: 'needsFile' }, true)).toEqual(['choose', 'cancel'])
  for (const phase of phases) expect(actions({ phase }, true)).not.toContain('storeInstead')
})

test('every state has its words in both languages', () => {
  expect(Object.keys(messages.zh).sort()).toEqual(Object.keys(messages.en).sort())
  for (const phase of phases)
    for (const mine of [true, false]) {
      const { text, actions } = rowState(transfer, { ...NO_PROGRESS, phase }, mine, 'here')
      expect(messages.en[text], text).toBeTruthy()
      for (const action of actions) expect(messages.zh[`transfers.${action}`], action).toBeTruthy()
    }
})

test('the rate is calm and starts over with the counter', () => {
  let sample = smoothed(undefined, 0, 0)
  sample = smoothed(sample, 1_000, 100)
  expect(sample.bytesPerS).toBe(0)
  sample = smoothed(sample, 1_000, 500)
  expect(sample.bytesPerS).toBe(2_000)
  sample = smoothed(sample, 5_000, 1_000)
  expect(sample.bytesPerS).toBe(2_000 * 0.6 + 8_000 * 0.4)
  expect(smoothed(sample, 0, 2_000).bytesPerS).toBe(0)
})

test('the time left is told as one would say it, and not when nobody knows', () => {
  expect(timeLeft(3_000, 1_000)).toEqual({ count: 5, unit: 's' })
  expect(timeLeft(31_000, 1_000)).toEqual({ count: 35, unit: 's' })
  expect(timeLeft(61_000, 1_000)).toEqual({ count: 2, unit: 'min' })
  expect(timeLeft(2 * 3600_000, 1_000)).toEqual({ count: 2, unit: 'h' })
  for (const [left, rate] of [
    [0, 10],
    [10, 0],
    [10 ** 9, 1],
  ] as const)
    expect(timeLeft(left, rate)).toBeNull()
})
