/** Records a voice from the microphone, and tells how loud it is meanwhile. */
import { loudnessOf, stretches } from './waveform'

/** The server takes no longer one. */
export const RECORDED_MAX_MS = 10 * 60_000 - 1_000
/** Shorter ones were a slip of the finger. */
export const RECORDED_MIN_MS = 700
const LOOK_MS = 60
const BITS_PER_S = 32_000
const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4']

export interface Recorded {
  file: Blob
  durationMs: number
  waveform: readonly number[]
}

export class Recorder {
  readonly loudness: number[] = []
  readonly #recorder: MediaRecorder
  readonly #stream: MediaStream
  readonly #context: AudioContext
  readonly #parts: Blob[] = []
  readonly #timer: ReturnType<typeof setInterval>
  readonly #startedAtMs = performance.now()

  private constructor(stream: MediaStream, look: () => void) {
    this.#stream = stream
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
    const wanted = { audioBitsPerSecond: BITS_PER_S }
    this.#recorder = new MediaRecorder(stream, mimeType === undefined ? wanted : { ...wanted, mimeType })
    this.#recorder.ondataavailable = ({ data }) => void this.#parts.push(data)
    this.#recorder.start(1000)
    this.#context = new AudioContext()
    const analyser = this.#context.createAnalyser()
    this.#context.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      this.loudness.push(loudnessOf(samples))
      look()
    }, LOOK_MS)
  }

  /** Asks for the microphone; rejects when the person or the browser refuses. */
  static async start(look: () => void): Promise<Recorder> {
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
    const stream = await navigator.mediaDevices.getUserMedia({ audio })
    return new Recorder(stream, look)
  }

  get durationMs(): number {
    return performance.now() - this.#startedAtMs
  }

  async stop(): Promise<Recorded> {
    const durationMs = Math.max(1, Math.round(this.durationMs))
    const ended = new Promise((done) => this.#recorder.addEventListener('stop', done, { once: true }))
    this.#recorder.stop()
    await ended
    this.cancel()
    // Parameters such as `codecs=` are no part of what the server keeps as a type.
    const type = (this.#recorder.mimeType || 'audio/webm').replace(/;.*$/, '')
    return { file: new Blob(this.#parts, { type }), durationMs, waveform: stretches(this.loudness) }
  }

  /** Lets the microphone go. */
  cancel(): void {
    clearInterval(this.#timer)
    if (this.#recorder.state !== 'inactive') this.#recorder.stop()
    for (const track of this.#stream.getTracks()) track.stop()
    if (this.#context.state !== 'closed') void this.#context.close()
  }
}
