/** The shape of a voice: loudness of equal stretches. Pure. */

/** The server takes so many. */
export const STRETCHES_MAX = 128

/** Puts loudnesses 0..1 together into at most `count` stretches of 0..255: the loudest of each counts. */
export function stretches(loudness: readonly number[], count = STRETCHES_MAX): number[] {
  const length = Math.min(count, loudness.length)
  return Array.from({ length }, (_, n) => {
    const from = Math.floor((n * loudness.length) / length)
    const to = Math.max(from + 1, Math.floor(((n + 1) * loudness.length) / length))
    const loudest = Math.max(...loudness.slice(from, to))
    return Math.round(Math.max(0, Math.min(1, loudest)) * 255)
  })
}

/** The bars that are drawn, 0..1, whatever came: never empty, never flat to nothing. */
export function bars(waveform: readonly number[], count: number): number[] {
  if (waveform.length === 0) return Array.from({ length: count }, () => 0.15)
  const top = Math.max(...waveform, 1)
  return Array.from({ length: count }, (_, n) => {
    const value = waveform[Math.floor((n * waveform.length) / count)] ?? 0
    return Math.max(0.1, value / top)
  })
}

/** Speech is quiet on a linear scale: the square root spreads it. `samples` are -1..1. */
export function loudnessOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return Math.min(1, Math.sqrt(Math.sqrt(sum / Math.max(1, samples.length))) * 1.4)
}

/** "0:07". */
export function voiceTime(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
