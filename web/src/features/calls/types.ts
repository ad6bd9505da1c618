/** What the call's views see, and the plain form of `hutong.calls.Call`. */
import type { Readable } from 'svelte/store'
import type { Path } from '../../model/types'

export type CallState = 'ringing' | 'active' | 'ended'

export type CallOutcome = '' | 'completed' | 'declined' | 'busy' | 'noAnswer' | 'cancelled' | 'lost'

export interface Call {
  call: string
  log: string
  caller: string
  callee: string
  callerDevice: string
  calleeDevice: string
  video: boolean
  state: CallState
  outcome: CallOutcome
  answeredAtMs: number
}

/**
 * calling: we rang and wait for an answer; ringing: they ring here; connecting: answered, no path yet;
 * reconnecting: the path broke and is being mended; ended: shown until dismissed, or for a moment.
 */
export type CallPhase = 'idle' | 'calling' | 'ringing' | 'connecting' | 'active' | 'reconnecting' | 'ended'

export type Quality = '' | 'good' | 'fair' | 'poor'

/** Which figure made the quality what it is. */
export type QualityCause = '' | 'loss' | 'gaps' | 'delay'

export interface CallView {
  phase: CallPhase
  call: string
  log: string
  /** User id of the other person. */
  peer: string
  /** We rang them. */
  outgoing: boolean
  /** It was begun as a video call. */
  video: boolean
  /** An answer was given here and is on its way to the server. */
  accepting: boolean
  muted: boolean
  cameraOff: boolean
  /** They send a picture. */
  remoteVideo: boolean
  path: Path
  /** 0..1, of what should have arrived in the last seconds. */
  loss: number
  roundTripMs: number
  quality: Quality
  qualityCause: QualityCause
  /** When people could hear each other; 0 before. */
  startedAtMs: number
  outcome: CallOutcome
  /** Another device or window of ours took the call. */
  elsewhere: boolean
  /** A translation key of this feature, or a sentence of the server. */
  error: string
  /** Something that did not stop the call, as a translation key: 'calls.noCamera'. */
  notice: string
}

export interface CallsApi {
  readonly view: Readable<CallView>
  readonly localStream: Readable<MediaStream | null>
  readonly remoteStream: Readable<MediaStream | null>
  start(log: string, peer: string, video: boolean): void
  /** `video`: with our camera. */
  accept(video: boolean): void
  decline(): void
  hangUp(): void
  setMuted(muted: boolean): void
  setCameraOff(off: boolean): void
  /** Puts the ended screen away. */
  dismiss(): void
}

export const IDLE: CallView = {
  phase: 'idle',
  call: '',
  log: '',
  peer: '',
  outgoing: false,
  video: false,
  accepting: false,
  muted: false,
  cameraOff: true,
  remoteVideo: false,
  path: 'unknown',
  loss: 0,
  roundTripMs: 0,
  quality: '',
  qualityCause: '',
  startedAtMs: 0,
  outcome: '',
  elsewhere: false,
  error: '',
  notice: '',
}
