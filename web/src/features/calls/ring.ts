/** Rings by WebAudio: nothing to download. A browser that allows no sound yet stays silent. */

interface Note {
  hertz: number
  atS: number
  lengthS: number
}

/** Three plucked notes of the pentatonic scale, twice. */
const INCOMING: readonly Note[] = [587.3, 880, 659.3, 587.3, 880, 659.3].map((hertz, index) => ({
  hertz,
  atS: index * 0.18 + (index > 2 ? 0.35 : 0),
  lengthS: 0.5,
}))
const OUTGOING: readonly Note[] = [{ hertz: 440, atS: 0, lengthS: 1 }]

const SOUNDS = {
  incoming: { notes: INCOMING, everyMs: 3_000, volume: 0.22, vibration: [400, 200, 400] },
  outgoing: { notes: OUTGOING, everyMs: 4_000, volume: 0.06, vibration: [] },
} as const

function play(context: AudioContext, { hertz, atS, lengthS }: Note, volume: number): void {
  const start = context.currentTime + atS
  const gain = context.createGain()
  gain.gain.setValueAtTime(0, start)
  gain.gain.linearRampToValueAtTime(volume, start + 0.015)
  gain.gain.exponentialRampToValueAtTime(0.0005, start + lengthS)
  const tone = context.createOscillator()
  tone.type = 'triangle'
  tone.frequency.value = hertz
  tone.connect(gain).connect(context.destination)
  tone.start(start)
  tone.stop(start + lengthS)
}

/** Rings until the returned function is called. */
export function ring(kind: keyof typeof SOUNDS): () => void {
  const { notes, everyMs, volume, vibration } = SOUNDS[kind]
  const context = new AudioContext()
  const once = (): void => {
    if (context.state === 'running') for (const note of notes) play(context, note, volume)
    if (vibration.length > 0 && 'vibrate' in navigator) navigator.vibrate(vibration)
  }
  void context.resume().then(once)
  const timer = setInterval(once, everyMs)
  return () => {
    clearInterval(timer)
    if ('vibrate' in navigator) navigator.vibrate(0)
    void context.close()
  }
}
