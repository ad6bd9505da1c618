import { describe, expect, it } from 'vitest'
import { isSilk } from './api'
import { bars, loudnessOf, stretches, voiceTime } from './waveform'

describe('the shape of a voice', () => {
  it('keeps the loudest of each stretch, and no more stretches than the server takes', () => {
    const loudness = Array.from({ length: 1000 }, (_, n) => (n === 500 ? 1 : 0.1))
    const shape = stretches(loudness)
    expect(shape).toHaveLength(128)
    expect(shape[64]).toBe(255)
    expect(shape[0]).toBe(26)
    expect(stretches([])).toEqual([])
    expect(stretches([2, -1])).toEqual([255, 0])
  })

  it('is drawn in as many bars as there is room for', () => {
    expect(bars([], 4)).toEqual([0.15, 0.15, 0.15, 0.15])
    expect(bars([0, 100, 200], 3)).toEqual([0.1, 0.5, 1])
    expect(bars([7], 3)).toEqual([1, 1, 1])
  })

  it('silence is nothing, and noise is something', () => {
    expect(loudnessOf(new Float32Array(64))).toBe(0)
    expect(loudnessOf(new Float32Array(64).fill(0.1))).toBeGreaterThan(0.3)
  })

  it('tells its length', () => {
    expect([voiceTime(0), voiceTime(7_400), voiceTime(600_000)]).toEqual(['0:00', '0:07', '10:00'])
  })
})

describe("WeChat's voices", () => {
  it('are known by their first bytes, not by their name alone', async () => {
    const silk = '\x02#!SILK_V3\x0c\x00'
    expect(await isSilk(new File([silk], 'msg_1.amr'))).toBe(true)
    expect(await isSilk(new File(['#!AMR\n'], 'msg_2.amr'))).toBe(false)
    expect(await isSilk(new File([silk], 'notes.txt'))).toBe(false)
  })
})
