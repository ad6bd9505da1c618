/**
 * Microphone, camera and what comes from the other side. A camera that is off is really off: its track
 * is stopped, and the other side is told by the direction of the video line (negotiated anew).
 */
import { writable, type Writable } from 'svelte/store'

const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
const VIDEO: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
  facingMode: 'user',
}

/** The microphone cannot be had; `message` is a translation key. */
export class MicrophoneError extends Error {
  override readonly name = 'MicrophoneError'
}

type Devices = Pick<MediaDevices, 'getUserMedia'>

export class CallMedia {
  readonly localStream: Writable<MediaStream | null> = writable(null)
  readonly remoteStream: Writable<MediaStream | null> = writable(null)
  readonly #devices: Devices | undefined
  readonly #onRemoteVideo: (shown: boolean) => void
  #local: MediaStream | null = null
  /** Counts open and close, so that a late answer to a permission prompt is thrown away. */
  #epoch = 0

  /** `devices` is undefined where the page is not in a secure context. */
  constructor(devices: Devices | undefined, onRemoteVideo: (shown: boolean) => void) {
    this.#devices = devices
    this.#onRemoteVideo = onRemoteVideo
  }

  /** Opens the microphone, and the camera when asked for and there; resolves with whether there is one. */
  async open(withCamera: boolean): Promise<boolean> {
    if (this.#devices === undefined) throw new MicrophoneError('calls.insecure')
    this.close()
    const epoch = this.#epoch
    let stream: MediaStream | null = null
    if (withCamera) stream = await this.#try({ audio: AUDIO, video: VIDEO })
    stream ??= await this.#try({ audio: AUDIO })
    if (stream === null) throw new MicrophoneError('calls.noMicrophone')
    if (epoch !== this.#epoch) {
      for (const track of stream.getTracks()) track.stop()
      throw new MicrophoneError('')
    }
    this.#local = stream
    this.localStream.set(stream)
    return stream.getVideoTracks().length > 0
  }

  /** Puts our tracks on a new connection and follows what comes in. The offerer opens both lines. */
  attach(connection: RTCPeerConnection, offerer: boolean): void {
    const local = this.#local
    if (local !== null) for (const track of local.getTracks()) connection.addTrack(track, local)
    if (offerer && local?.getVideoTracks().length === 0)
      connection.addTransceiver('video', { direction: 'recvonly' })
    const remote = new MediaStream()
    this.remoteStream.set(remote)
    this.#onRemoteVideo(false)
    connection.addEventListener('track', ({ track }) => {
      if (!remote.getTracks().includes(track)) remote.addTrack(track)
      if (track.kind !== 'video') return
      const show = (): void => this.#onRemoteVideo(!track.muted)
      track.addEventListener('mute', show)
      track.addEventListener('unmute', show)
      show()
    })
  }

  setMuted(muted: boolean): void {
    for (const track of this.#local?.getAudioTracks() ?? []) track.enabled = !muted
  }

  /** Turns the camera on or off in a call; resolves with whether it is on. */
  async setCamera(on: boolean, connection: RTCPeerConnection | null): Promise<boolean> {
    const local = this.#local
    if (local === null) return false
    if (!on) {
      await this.#send(null, connection)
      for (const track of local.getVideoTracks()) {
        track.stop()
        local.removeTrack(track)
      }
    } else if (local.getVideoTracks().length === 0) {
      const epoch = this.#epoch
      const camera = (await this.#try({ video: VIDEO }))?.getVideoTracks()[0]
      if (camera === undefined) return false
      if (epoch !== this.#epoch) {
        camera.stop()
        return false
      }
      local.addTrack(camera)
      await this.#send(camera, connection)
    }
    // A new object, so that the self view notices.
    this.#local = new MediaStream(local.getTracks())
    this.localStream.set(this.#local)
    return this.#local.getVideoTracks().length > 0
  }

  close(): void {
    this.#epoch += 1
    for (const track of this.#local?.getTracks() ?? []) track.stop()
    this.#local = null
    this.localStream.set(null)
    this.remoteStream.set(null)
    this.#onRemoteVideo(false)
  }

  async #send(track: MediaStreamTrack | null, connection: RTCPeerConnection | null): Promise<void> {
    const line = connection?.getTransceivers().find(({ receiver }) => receiver.track.kind === 'video')
    if (line === undefined) return
    await line.sender.replaceTrack(track)
    if (track !== null && this.#local !== null) line.sender.setStreams(this.#local)
    line.direction = track === null ? 'recvonly' : 'sendrecv'
  }

  /** null when there is no such device, it is in use, or the person said no. */
  async #try(constraints: MediaStreamConstraints): Promise<MediaStream | null> {
    try {
      return (await this.#devices?.getUserMedia(constraints)) ?? null
    } catch {
      return null
    }
  }
}
