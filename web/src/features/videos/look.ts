/** What a video looks like: its size, its length, and a still picture near its beginning. */
const WAIT_MS = 8_000
const POSTER_SIDE_MAX = 960
const POSTER_AT_S = 0.3

export interface Look {
  poster?: Blob
  width: number
  height: number
  durationMs: number
}

/** Null for what this browser cannot play: that goes as a file. */
export async function lookAt(file: File): Promise<Look | null> {
  const url = URL.createObjectURL(file)
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.preload = 'auto'
  video.src = url
  try {
    await happens(video, 'loadeddata')
    const { videoWidth: width, videoHeight: height } = video
    if (width === 0 || !Number.isFinite(video.duration)) return null
    const durationMs = Math.round(video.duration * 1000)
    const found = { width, height, durationMs }
    video.currentTime = Math.min(POSTER_AT_S, video.duration / 2)
    await happens(video, 'seeked').catch(() => undefined)
    const poster = await still(video)
    return poster === null ? found : { ...found, poster }
  } catch {
    return null
  } finally {
    video.removeAttribute('src')
    video.load()
    URL.revokeObjectURL(url)
  }
}

function happens(video: HTMLVideoElement, name: string): Promise<void> {
  return new Promise((done, fail) => {
    const over = new AbortController()
    const end = (how: () => void) => (): void => {
      clearTimeout(timer)
      over.abort()
      how()
    }
    const failed = end(() => fail(new Error(`no ${name}`)))
    const timer = setTimeout(failed, WAIT_MS)
    video.addEventListener(name, end(done), { signal: over.signal })
    video.addEventListener('error', failed, { signal: over.signal })
  })
}

async function still(video: HTMLVideoElement): Promise<Blob | null> {
  const scale = Math.min(1, POSTER_SIDE_MAX / Math.max(video.videoWidth, video.videoHeight))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(video.videoWidth * scale)
  canvas.height = Math.round(video.videoHeight * scale)
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height)
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.8))
}
