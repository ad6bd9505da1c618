/** Two short knocks on wood, made on the spot: nothing to load, and no file. */
const KNOCKS_S = [0, 0.14]
const LENGTH_S = 0.09
const PITCH_HZ = 420
const VOLUME = 0.25
/** Who has just knocked does not knock again: what was missed comes in one by one when the link is back. */
const APART_MS = 1_500

/** Made with the first knock. */
let audio: AudioContext | undefined
let knockedMs = -Infinity

/** A page that nobody has touched since it opened stays silent: browsers would play it late. */
export function knock(): void {
  const nowMs = performance.now()
  if (!navigator.userActivation.hasBeenActive || nowMs - knockedMs < APART_MS) return
  knockedMs = nowMs
  audio ??= new AudioContext()
  const context = audio
  void context.resume().then(() => {
    for (const after of KNOCKS_S) strike(context, context.currentTime + after)
  })
}

function strike(context: AudioContext, at: number): void {
  const wood = new OscillatorNode(context, { type: 'triangle', frequency: PITCH_HZ })
  const gain = new GainNode(context, { gain: 0 })
  wood.frequency.setValueAtTime(PITCH_HZ, at)
  wood.frequency.exponentialRampToValueAtTime(PITCH_HZ / 2, at + LENGTH_S)
  gain.gain.setValueAtTime(VOLUME, at)
  gain.gain.exponentialRampToValueAtTime(0.001, at + LENGTH_S)
  wood.connect(gain).connect(context.destination)
  wood.start(at)
  wood.stop(at + LENGTH_S)
}
