/**
 * Perfect negotiation (WebRTC 1.0, section 10.7) over named connections, so that either side may reload,
 * restart ICE or start over at any time and both end with the same pair of connections:
 *
 * - The offerer (the caller, the sender) makes the first offer of each pair and is the impolite side.
 * - Whoever starts over takes a new connection under a new name. The answerer cannot offer first: it says
 *   `restart`, and the offerer starts over.
 * - An offer under a new name makes the answerer start over too. Answers and candidates say which
 *   connection they are `towards`; those for a connection of the past are dropped. The offerer's
 *   newest offer always wins, so the two meet again whatever crossed on the way.
 *
 * Everything runs in one chain, so no signal is handled while another is half done.
 */
import { create } from '@bufbuild/protobuf'
import { SignalSchema, type Candidate, type Description, type Signal } from '../../schema/peers_pb'

/** Steps that wait for the one under way; the mailbox holds fewer signals than that. */
const CHAIN_MAX = 512
/** Candidates we say for one description; more would only crowd the mailbox. */
const CANDIDATES_MAX = 64

export interface NegotiationOptions {
  offerer: boolean
  newName: () => string
  /** A fresh connection with its tracks or channels in place, and the handlers of its owner. */
  createConnection: () => Promise<RTCPeerConnection>
  say: (signal: Signal) => void
}

export class Negotiation {
  readonly #options: NegotiationOptions
  #connection: RTCPeerConnection | null = null
  #name = ''
  /** The other side's connection this one is paired with: set by its description. */
  #bound = ''
  #ignoringOffer = false
  #candidatesSaid = 0
  #chain: Promise<void> = Promise.resolve()
  #chained = 0
  #closed = false

  constructor(options: NegotiationOptions) {
    this.#options = options
  }

  get connection(): RTCPeerConnection | null {
    return this.#connection
  }

  /** Makes the first connection; with `again` (after a reload) the answerer asks for a new offer. */
  begin(again: boolean): void {
    if (again && !this.#options.offerer) this.rebuild()
    else
      this.#enqueue(async () => {
        // The offer may have been in the mailbox already: then its answer stands.
        if (this.#connection === null) await this.#startOver()
      })
  }

  /** Starts over, by oneself or by asking the offerer to. */
  rebuild(): void {
    if (this.#options.offerer) this.#enqueue(() => this.#startOver())
    else
      this.#enqueue(async () => {
        if (this.#connection === null) await this.#startOver()
        this.#say({ case: 'restart', value: true })
      })
  }

  restartIce(): void {
    this.#enqueue(() => {
      this.#connection?.restartIce()
      return Promise.resolve()
    })
  }

  receive(signal: Signal): void {
    this.#enqueue(() => this.#handle(signal))
  }

  close(): void {
    this.#closed = true
    this.#connection?.close()
    this.#connection = null
  }

  #enqueue(step: () => Promise<void>): void {
    if (this.#closed || this.#chained >= CHAIN_MAX) return
    this.#chained += 1
    this.#chain = this.#chain
      .then(() => (this.#closed ? undefined : step()))
      // A description the browser refuses leaves the connection as it was; recovery starts over.
      .catch(() => undefined)
      .finally(() => {
        this.#chained -= 1
      })
  }

  async #startOver(): Promise<void> {
    this.#connection?.close()
    const connection = await this.#options.createConnection()
    if (this.#closed) {
      connection.close()
      return
    }
    this.#connection = connection
    this.#name = this.#options.newName()
    this.#bound = ''
    this.#ignoringOffer = false
    connection.addEventListener('icecandidate', (event) => {
      if (connection === this.#connection && event.candidate !== null) this.#sayCandidate(event.candidate)
    })
    connection.addEventListener('negotiationneeded', () => {
      this.#enqueue(() => this.#offer(connection))
    })
    if (this.#options.offerer) await this.#offer(connection)
  }

  async #offer(connection: RTCPeerConnection): Promise<void> {
    if (connection !== this.#connection || connection.signalingState !== 'stable') return
    if (!this.#options.offerer && this.#bound === '') return // the first offer is the other side's
    await connection.setLocalDescription()
    this.#sayDescription(connection)
  }

  async #handle(signal: Signal): Promise<void> {
    const { kind } = signal
    if (kind.case === 'restart') {
      if (this.#options.offerer) await this.#startOver()
    } else if (kind.case === 'candidate') await this.#addCandidate(kind.value, signal)
    else if (kind.case === 'description' && kind.value.type === 'answer')
      await this.#takeAnswer(kind.value, signal)
    else if (kind.case === 'description' && kind.value.type === 'offer')
      await this.#takeOffer(kind.value, signal)
  }

  async #takeAnswer(description: Description, { connection: from, towards }: Signal): Promise<void> {
    const connection = this.#connection
    if (connection?.signalingState !== 'have-local-offer' || towards !== this.#name) return
    if (this.#bound !== '' && this.#bound !== from) return
    await connection.setRemoteDescription({ type: 'answer', sdp: description.sdp })
    this.#bound = from
  }

  async #takeOffer(description: Description, { connection: from, towards }: Signal): Promise<void> {
    if (this.#options.offerer && (from !== this.#bound || towards !== this.#name)) return
    if (from === '') return
    if (this.#bound !== from) {
      // Whatever it is towards: the offerer's newest connection is the one that counts.
      if (this.#bound !== '' || this.#connection === null) await this.#startOver()
    }
    const connection = this.#connection
    if (connection === null) return
    this.#ignoringOffer = this.#options.offerer && connection.signalingState !== 'stable'
    if (this.#ignoringOffer) return
    await connection.setRemoteDescription({ type: 'offer', sdp: description.sdp })
    this.#bound = from
    await connection.setLocalDescription()
    this.#sayDescription(connection)
  }

  async #addCandidate(candidate: Candidate, { connection: from, towards }: Signal): Promise<void> {
    if (this.#connection === null || from === '' || from !== this.#bound) return
    if (towards !== '' && towards !== this.#name) return
    try {
      await this.#connection.addIceCandidate({
        candidate: candidate.candidate,
        sdpMid: candidate.sdpMid,
        sdpMLineIndex: candidate.sdpMLineIndex,
      })
    } catch (error) {
      if (!this.#ignoringOffer) throw error
    }
  }

  #sayDescription(connection: RTCPeerConnection): void {
    const description = connection.localDescription
    if (description === null || connection !== this.#connection) return
    const { type, sdp } = description
    this.#candidatesSaid = 0
    this.#say({ case: 'description', value: { $typeName: 'hutong.peers.Description', type, sdp } })
  }

  #sayCandidate({ candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): void {
    this.#candidatesSaid += 1
    if (this.#candidatesSaid > CANDIDATES_MAX) return
    this.#say({
      case: 'candidate',
      value: {
        $typeName: 'hutong.peers.Candidate',
        candidate,
        sdpMid: sdpMid ?? '',
        sdpMLineIndex: sdpMLineIndex ?? 0,
      },
    })
  }

  #say(kind: Signal['kind']): void {
    if (this.#closed) return
    this.#options.say(create(SignalSchema, { kind, connection: this.#name, towards: this.#bound }))
  }
}
