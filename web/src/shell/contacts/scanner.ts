/** Codes before the camera, by the browser's own `BarcodeDetector`; not every browser has one. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>
}

declare global {
  interface Window {
    BarcodeDetector?: new (options: { formats: string[] }) => Detector
  }
}

const LOOK_EVERY_MS = 200

export interface Scanning {
  /** Rejects when there is no detector, no camera, or no permission. */
  started: Promise<void>
  stop(): void
}

export function scan(video: HTMLVideoElement, found: (text: string) => void): Scanning {
  let stream: MediaStream | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  async function start(): Promise<void> {
    if (!window.BarcodeDetector) throw new Error('no BarcodeDetector')
    const detector = new window.BarcodeDetector({ formats: ['qr_code'] })
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
    if (stopped) {
      stop()
      return
    }
    video.srcObject = stream
    await video.play()
    look(detector)
  }

  function look(detector: Detector): void {
    timer = setTimeout(() => {
      detector.detect(video).then(
        ([code]) => {
          if (stopped) return
          if (code) found(code.rawValue)
          look(detector)
        },
        () => look(detector),
      )
    }, LOOK_EVERY_MS)
  }

  function stop(): void {
    stopped = true
    clearTimeout(timer)
    for (const track of stream?.getTracks() ?? []) track.stop()
  }

  return { started: start(), stop }
}
