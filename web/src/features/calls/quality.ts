/** How good a call is, as one word and its cause. Pure; thresholds as in the E-model's bands. */
import type { Quality, QualityCause } from './types'

export interface Figures {
  loss: number
  concealed: number
  roundTripMs: number
}

const LEVELS: readonly { quality: Quality; concealed: number; loss: number; roundTripMs: number }[] = [
  { quality: 'poor', concealed: 0.06, loss: 0.15, roundTripMs: 800 },
  { quality: 'fair', concealed: 0.02, loss: 0.05, roundTripMs: 400 },
]

export function qualityOf(figures: Figures): { quality: Quality; qualityCause: QualityCause } {
  for (const level of LEVELS) {
    if (figures.loss > level.loss) return { quality: level.quality, qualityCause: 'loss' }
    if (figures.concealed > level.concealed) return { quality: level.quality, qualityCause: 'gaps' }
    if (figures.roundTripMs > level.roundTripMs) return { quality: level.quality, qualityCause: 'delay' }
  }
  return { quality: 'good', qualityCause: '' }
}
