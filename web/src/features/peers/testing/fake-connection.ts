/**
 * For tests: RTCPeerConnection as far as negotiation goes: signalling states, rollback, errors for
 * what is out of order, `negotiationneeded` as the standard has it. Descriptions name their makers.
 */
let serial = 0

export class FakeConnection extends EventTarget {
  readonly id = `pc${++serial}`
  signalingState: RTCSignalingState = 'stable'
  connectionState: RTCPeerConnectionState = 'new'
  localDescription: RTCSessionDescriptionInit | null = null
  remoteDescription: RTCSessionDescriptionInit | null = null
  readonly candidates: string[] = []
  #offers = 0
  #needed = false
  #answered = ''

  /** Who this connection ended up with, by what the remote description says. */
  get peer(): string {
    return this.remoteDescription?.sdp?.split(' ')[1] ?? ''
  }
  /** Whether the two agree: the last answer belongs to the last offer. */
  get agreed(): string {
    return this.#answered
  }

  need(): void {
    this.#needed = true
    this.#check()
  }
  restartIce(): void {
    this.need()
  }

  setLocalDescription(): Promise<void> {
    if (this.signalingState === 'closed') return Promise.reject(new Error('closed'))
    if (this.signalingState === 'have-remote-offer') {
      this.localDescription = {
        type: 'answer',
        sdp: `answer ${this.id} to ${this.remoteDescription?.sdp ?? ''}`,
      }
      this.#answered = this.localDescription.sdp ?? ''
      this.signalingState = 'stable'
      this.#check()
    } else {
      this.#offers += 1
      this.#needed = false
      this.localDescription = { type: 'offer', sdp: `offer ${this.id} ${this.#offers}` }
      this.signalingState = 'have-local-offer'
    }
    const candidate = { candidate: `candidate of ${this.id}`, sdpMid: '0', sdpMLineIndex: 0 }
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }))
    return Promise.resolve()
  }

  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const answer = description.type === 'answer'
    if (answer && this.signalingState !== 'have-local-offer') return Promise.reject(new Error('no offer'))
    this.remoteDescription = description
    if (answer) this.#answered = description.sdp ?? ''
    else this.#needed ||= this.signalingState === 'have-local-offer' // implicit rollback
    this.signalingState = answer ? 'stable' : 'have-remote-offer'
    this.#check()
    return Promise.resolve()
  }

  addIceCandidate({ candidate }: RTCIceCandidateInit): Promise<void> {
    if (this.remoteDescription === null) return Promise.reject(new Error('too early'))
    this.candidates.push(candidate ?? '')
    return Promise.resolve()
  }

  close(): void {
    this.signalingState = 'closed'
    this.connectionState = 'closed'
  }

  #check(): void {
    if (!this.#needed || this.signalingState !== 'stable') return
    queueMicrotask(() => {
      if (this.#needed && this.signalingState === 'stable') this.dispatchEvent(new Event('negotiationneeded'))
    })
  }
}
