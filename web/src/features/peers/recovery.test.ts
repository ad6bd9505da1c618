import { expect, test } from 'vitest'
import { Recovery } from './recovery'

test('a short disconnection is left to ICE', () => {
  const recovery = new Recovery(false)
  recovery.update('disconnected', 0)
  expect(recovery.take(1_000)).toBeNull()
  recovery.update('connected', 1_200)
  expect(recovery.broken).toBe(false)
  expect(recovery.take(60_000)).toBeNull()
})

test('PEER12: a failure restarts ICE at once, again later, and the third time starts over', () => {
  const recovery = new Recovery(false)
  recovery.update('failed', 0)
  const steps = []
  for (let nowMs = 0; nowMs < 24_000; nowMs += 500) {
    const step = recovery.take(nowMs)
    if (step !== null) steps.push([nowMs, step])
  }
  expect(steps).toEqual([
    [0, 'restartIce'],
    [8_000, 'restartIce'],
    [16_000, 'rebuild'],
  ])
})

test('PEER12: the polite side waits longer, so that the two do not cross', () => {
  const polite = new Recovery(true)
  polite.update('failed', 0)
  expect(polite.take(1_900)).toBeNull()
  expect(polite.take(2_000)).toBe('restartIce')
})

test('a network that is back hurries, but only when something is broken', () => {
  const recovery = new Recovery(false)
  recovery.hurry(0)
  expect(recovery.take(0)).toBeNull()
  recovery.update('disconnected', 0)
  recovery.hurry(100)
  expect(recovery.take(100)).toBe('restartIce')
})

test('a new connection that never gets anywhere is helped too', () => {
  const recovery = new Recovery(false)
  recovery.begin(0)
  recovery.update('connecting', 10)
  expect(recovery.take(7_999)).toBeNull()
  expect(recovery.take(8_000)).toBe('restartIce')
})
