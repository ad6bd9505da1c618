import { describe, expect, test } from 'vitest'
import { step, type Command, type Input } from './machine'
import { IDLE, type Call, type CallPhase, type CallView } from './types'

const me = { user: 'me', device: 'here' }
const call: Call = {
  call: 'c1',
  log: 'chat:1',
  caller: 'me',
  callee: 'them',
  callerDevice: 'here',
  calleeDevice: '',
  video: true,
  state: 'ringing',
  outcome: '',
  answeredAtMs: 0,
}
const theirs: Call = { ...call, caller: 'them', callee: 'me', callerDevice: 'there' }
const active = (base: Call, calleeDevice: string): Call => ({ ...base, state: 'active', calleeDevice })
const ended = (base: Call, outcome: Call['outcome']): Call => ({ ...base, state: 'ended', outcome })

/** Feeds inputs one after the other; returns the last view and all commands. */
function run(...inputs: Input[]): { view: CallView; commands: Command[] } {
  let view = IDLE
  const commands: Command[] = []
  for (const input of inputs) {
    const result = step(view, input, me)
    view = result.view
    commands.push(...result.commands)
  }
  return { view, commands }
}

const start: Input = { type: 'start', log: 'chat:1', peer: 'them', video: true }
const changed = (to: Call): Input => ({ type: 'changed', call: to })
const connected: Input = { type: 'connected', nowMs: 5_000 }

describe('calling', () => {
  test('rings, is answered, is connected, is hung up', () => {
    const { view, commands } = run(start, changed(call), changed(active(call, 'x')), connected, {
      type: 'hangUp',
    })
    expect(view).toMatchObject({ phase: 'ended', outcome: 'completed', startedAtMs: 5_000, outgoing: true })
    expect(commands).toEqual([
      { type: 'start', log: 'chat:1', video: true },
      { type: 'hangUp', call: 'c1', path: 'unknown' },
    ])
  })

  test.each(['declined', 'busy', 'noAnswer'] as const)('ends as %s', (outcome) => {
    expect(run(start, changed(call), changed(ended(call, outcome))).view).toMatchObject({
      phase: 'ended',
      outcome,
    })
  })

  test('busy may be the first answer', () => {
    expect(run(start, changed(ended(call, 'busy'))).view).toMatchObject({ phase: 'ended', outcome: 'busy' })
  })

  test('hung up before the server named the call: nothing to ask yet', () => {
    const { view, commands } = run(start, { type: 'hangUp' })
    expect(view).toMatchObject({ phase: 'ended', outcome: 'cancelled' })
    expect(commands).toHaveLength(1)
  })

  test('a notice of a call from another of my devices is not this one', () => {
    const elsewhere = { ...call, call: 'c9', callerDevice: 'phone' }
    expect(run(start, changed(elsewhere)).view.call).toBe('')
  })

  test('both rang each other: the server joins the two, and we answer', () => {
    const { view } = run(start, changed(theirs), changed(active(theirs, 'here')))
    expect(view).toMatchObject({ phase: 'connecting', call: 'c1', outgoing: false })
  })
})

describe('ringing', () => {
  test('is answered here', () => {
    const { view, commands } = run(
      changed(theirs),
      { type: 'accept' },
      changed(active(theirs, 'here')),
      connected,
    )
    expect(view).toMatchObject({ phase: 'active', outgoing: false, peer: 'them' })
    expect(commands).toEqual([{ type: 'accept', call: 'c1' }])
  })

  test('answering twice asks once', () => {
    expect(run(changed(theirs), { type: 'accept' }, { type: 'accept' }).commands).toHaveLength(1)
  })

  test('calling them while they ring is answering', () => {
    expect(run(changed(theirs), start).commands).toEqual([{ type: 'accept', call: 'c1' }])
    expect(run(changed(theirs), { ...start, log: 'chat:2' }).commands).toEqual([])
  })

  test('is answered on another device', () => {
    expect(run(changed(theirs), changed(active(theirs, 'phone'))).view).toMatchObject({
      phase: 'ended',
      elsewhere: true,
    })
  })

  test('is answered in another window of this device', () => {
    expect(run(changed(theirs), changed(active(theirs, 'here'))).view.elsewhere).toBe(true)
  })

  test('both answered: the other device was first', () => {
    const { view } = run(changed(theirs), { type: 'accept' }, changed(active(theirs, 'phone')))
    expect(view).toMatchObject({ phase: 'ended', elsewhere: true })
  })

  test('is missed', () => {
    expect(run(changed(theirs), changed(ended(theirs, 'cancelled'))).view.outcome).toBe('cancelled')
  })

  test('a refused microphone leaves it ringing, to be tried again', () => {
    const { view, commands } = run(
      changed(theirs),
      { type: 'accept' },
      { type: 'refused', error: 'calls.noMicrophone' },
      { type: 'accept' },
    )
    expect(view).toMatchObject({ phase: 'ringing', accepting: true, error: '' })
    expect(commands).toHaveLength(2)
  })

  test('is declined, and the late notice of it rings no more', () => {
    const { view, commands } = run(changed(theirs), { type: 'decline' }, changed(ended(theirs, 'declined')))
    expect(view).toEqual(IDLE)
    expect(commands).toEqual([{ type: 'decline', call: 'c1' }])
  })

  test('a repeated notice of an ended call does not ring again', () => {
    expect(run(changed(theirs), changed(ended(theirs, 'cancelled')), changed(theirs)).view.phase).toBe(
      'ended',
    )
  })
})

describe('under way', () => {
  const here: Input[] = [start, changed(call), changed(active(call, 'x')), connected]

  test('breaks and comes back, and its time goes on', () => {
    const { view } = run(...here, { type: 'interrupted' }, { type: 'connected', nowMs: 9_000 })
    expect(view).toMatchObject({ phase: 'active', startedAtMs: 5_000 })
  })

  test('is given up when no path comes back', () => {
    const { view, commands } = run(...here, { type: 'interrupted' }, { type: 'unreachable' })
    expect(view).toMatchObject({ phase: 'ended', outcome: 'lost', error: 'calls.noPath' })
    expect(commands.at(-1)).toMatchObject({ type: 'hangUp', call: 'c1' })
  })

  test('another call does not disturb it', () => {
    const other = { ...theirs, call: 'c2' }
    expect(run(...here, changed(other), changed(ended(other, 'busy'))).view).toMatchObject({
      phase: 'active',
      call: 'c1',
    })
  })

  test('the server knows it no more', () => {
    expect(run(...here, { type: 'gone', call: 'c1' }).view.phase).toBe('ended')
    expect(run(...here, { type: 'gone', call: 'c0' }).view.phase).toBe('active')
  })

  test('moved to another device of mine', () => {
    expect(run(...here, changed({ ...active(call, 'x'), callerDevice: 'phone' })).view.elsewhere).toBe(true)
  })
})

describe('after a reload', () => {
  test('takes its place again, with the time of the answer', () => {
    const { view, commands } = run({ type: 'resume', call: { ...active(call, 'x'), answeredAtMs: 77 } })
    expect(view).toMatchObject({ phase: 'connecting', startedAtMs: 77, outgoing: true, peer: 'them' })
    expect(commands).toEqual([{ type: 'rejoin', call: 'c1' }])
  })

  test('still rings the other', () => {
    expect(run({ type: 'resume', call }).view.phase).toBe('calling')
  })

  test('a call of another device is left alone', () => {
    expect(run({ type: 'resume', call: { ...active(call, 'x'), callerDevice: 'phone' } }).view).toEqual(IDLE)
  })
})

test('every input in every phase gives a view of a known phase and throws nothing', () => {
  const phases: CallPhase[] = ['idle', 'calling', 'ringing', 'connecting', 'active', 'reconnecting', 'ended']
  const inputs: Input[] = [
    start,
    changed(call),
    changed(theirs),
    changed(active(call, 'x')),
    changed(ended(call, 'lost')),
    { type: 'resume', call: active(call, 'x') },
    { type: 'gone', call: 'c1' },
    { type: 'refused', error: 'no' },
    { type: 'accept' },
    { type: 'decline' },
    { type: 'hangUp' },
    connected,
    { type: 'interrupted' },
    { type: 'unreachable' },
    { type: 'dismiss' },
  ]
  for (const phase of phases)
    for (const input of inputs)
      expect(phases).toContain(step({ ...IDLE, phase, call: 'c1', log: 'chat:1' }, input, me).view.phase)
})
