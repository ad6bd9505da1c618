import { describe, expect, it } from 'vitest'
import { vote, votersOf, type Standing } from './fold'

const empty: Standing = { votes: new Map(), closed: false }

describe('the votes of a poll', () => {
  it('count the newest choice of each, and none takes it back', () => {
    const first = vote(vote(empty, 'lin', [0]), 'bo', [0, 1])
    expect(votersOf(first, 0)).toEqual(['lin', 'bo'])
    const changed = vote(first, 'lin', [1])
    expect(votersOf(changed, 0)).toEqual(['bo'])
    expect(votersOf(changed, 1)).toEqual(['lin', 'bo'])
    expect(votersOf(vote(changed, 'bo', []), 1)).toEqual(['lin'])
  })

  it('leave the old state as it was', () => {
    vote(empty, 'lin', [0])
    expect(empty.votes.size).toBe(0)
  })
})
