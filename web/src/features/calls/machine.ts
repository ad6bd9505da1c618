/**
 * The call as this page sees it: a table of what each input does in each phase. Pure. What must be asked
 * of the server comes out as commands; ringing, media and the path follow from the phase alone.
 */
import type { Path } from '../../model/types'
import { IDLE, type Call, type CallPhase, type CallView } from './types'

/** Who this page is. */
export interface Self {
  user: string
  device: string
}

export type Input =
  | { type: 'start'; log: string; peer: string; video: boolean }
  | { type: 'changed'; call: Call } // a notice, or the answer to Start, Accept or Current
  | { type: 'resume'; call: Call } // after a reload, by the window that is to have the call
  | { type: 'gone'; call: string } // the server knows of no call any more
  | { type: 'refused'; error: string } // the server or the microphone said no
  | { type: 'accept' }
  | { type: 'decline' }
  | { type: 'hangUp' }
  | { type: 'connected'; nowMs: number }
  | { type: 'interrupted' }
  | { type: 'unreachable' } // no path opened, or none came back, for too long
  | { type: 'dismiss' }

export type Command =
  | { type: 'start'; log: string; video: boolean }
  | { type: 'accept' | 'decline' | 'rejoin'; call: string }
  | { type: 'hangUp'; call: string; path: Path }

export interface Step {
  view: CallView
  commands: Command[]
}

type InputOf<K extends Input['type']> = Extract<Input, { type: K }>
type Row = { [K in Input['type']]?: (view: CallView, input: InputOf<K>, self: Self) => Step | CallView }

function end(view: CallView, details: Partial<CallView>): CallView {
  return { ...view, phase: 'ended', accepting: false, remoteVideo: false, ...details }
}

function fresh(call: Call, self: Self): CallView {
  const outgoing = call.caller === self.user
  const { log, video } = call
  return { ...IDLE, call: call.call, log, video, outgoing, peer: outgoing ? call.callee : call.caller }
}

function hereIn(call: Call, self: Self): boolean {
  const device = call.caller === self.user ? call.callerDevice : call.calleeDevice
  return device === self.device
}

function begin(_: CallView, { log, peer, video }: InputOf<'start'>): Step {
  const view: CallView = { ...IDLE, phase: 'calling', outgoing: true, log, peer, video }
  return { view, commands: [{ type: 'start', log, video }] }
}

function incoming(view: CallView, { call }: InputOf<'changed'>, self: Self): CallView {
  if (call.state !== 'ringing' || call.callee !== self.user || call.call === view.call) return view
  return { ...fresh(call, self), phase: 'ringing' }
}

function resume(view: CallView, { call }: InputOf<'resume'>, self: Self): Step | CallView {
  if (!hereIn(call, self)) return view
  if (call.state === 'ringing') return { ...fresh(call, self), phase: 'calling' }
  if (call.state !== 'active') return view
  const startedAtMs = call.answeredAtMs
  const taken: CallView = { ...fresh(call, self), phase: 'connecting', startedAtMs }
  return { view: taken, commands: [{ type: 'rejoin', call: call.call }] }
}

/** We ring them. Both may ring each other at once: then the server joins the two, and we are the callee. */
function outgoing(view: CallView, { call }: InputOf<'changed'>, self: Self): CallView {
  const joined = view.call === '' && call.log === view.log && call.state !== 'ringing' && hereIn(call, self)
  const ours = view.call === '' && call.caller === self.user && hereIn(call, self) && call.log === view.log
  if (call.call !== view.call && !joined && !ours) return view
  const taken = { ...view, call: call.call, outgoing: call.caller === self.user }
  if (call.state === 'ringing') return taken
  return call.state === 'active' ? { ...taken, phase: 'connecting' } : end(taken, { outcome: call.outcome })
}

function answered(view: CallView, { call }: InputOf<'changed'>, self: Self): CallView {
  if (call.call !== view.call || call.state === 'ringing') return view
  if (call.state === 'ended') return end(view, { outcome: call.outcome })
  if (!view.accepting || !hereIn(call, self)) return end(view, { elsewhere: true })
  return { ...view, phase: 'connecting', accepting: false }
}

function underWay(view: CallView, { call }: InputOf<'changed'>, self: Self): CallView {
  if (call.call !== view.call) return view
  if (call.state === 'ended') return end(view, { outcome: call.outcome })
  return hereIn(call, self) ? view : end(view, { elsewhere: true })
}

function gone(view: CallView, { call }: InputOf<'gone'>): CallView {
  return call === view.call ? end(view, {}) : view
}

/** Before the server has named the call there is nothing to end: its late answer is dealt with then. */
function hangUpCommands({ call, path }: CallView): Command[] {
  return call === '' ? [] : [{ type: 'hangUp', call, path }]
}

const hangUp = (view: CallView): Step => ({
  view: end(view, { outcome: view.startedAtMs > 0 ? 'completed' : 'cancelled' }),
  commands: hangUpCommands(view),
})
const unreachable = (view: CallView): Step => ({
  view: end(view, { error: 'calls.noPath', outcome: 'lost' }),
  commands: hangUpCommands(view),
})
const refused = (view: CallView, { error }: InputOf<'refused'>): CallView => end(view, { error })
const connected = (view: CallView, { nowMs }: InputOf<'connected'>): CallView => ({
  ...view,
  phase: 'active',
  startedAtMs: view.startedAtMs || nowMs,
})
const interrupted = (view: CallView): CallView => ({
  ...view,
  phase: 'reconnecting',
  quality: '',
  qualityCause: '',
})

function accept(view: CallView): Step {
  if (view.accepting) return { view, commands: [] }
  const { call } = view
  return { view: { ...view, accepting: true, error: '' }, commands: [{ type: 'accept', call }] }
}

const TABLE: Record<CallPhase, Row> = {
  idle: { start: begin, changed: incoming, resume },
  calling: { changed: outgoing, refused, gone, hangUp },
  ringing: {
    accept,
    // They were faster by a moment: both want to talk.
    start: (view, { log }) => (log === view.log ? accept(view) : view),
    decline: ({ call }) => ({ view: IDLE, commands: [{ type: 'decline', call }] }),
    changed: answered,
    // They still ring; a refused microphone can be allowed and the call answered after all.
    refused: (view, { error }) => ({ ...view, accepting: false, error }),
    gone,
  },
  connecting: { changed: underWay, refused, connected, gone, hangUp, unreachable },
  active: { changed: underWay, interrupted, gone, hangUp },
  reconnecting: { changed: underWay, refused, connected, gone, hangUp, unreachable },
  ended: { start: begin, changed: incoming, dismiss: () => IDLE },
}

/** What `input` makes of `view`; an input that means nothing in this phase changes nothing. */
export function step(view: CallView, input: Input, self: Self): Step {
  const handler = TABLE[view.phase][input.type] as
    ((view: CallView, input: Input, self: Self) => Step | CallView) | undefined
  const result = handler?.(view, input, self) ?? view
  return 'commands' in result ? result : { view: result, commands: [] }
}
