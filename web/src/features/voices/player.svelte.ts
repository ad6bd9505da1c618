/** The one voice that plays. It plays on when its row is scrolled away, and the next voice follows it. */
import type { App } from '../../model/api'
import type { Message } from '../../model/types'
import { toast } from '../../shell/design/toasts.svelte'
import { explain } from '../../shell/i18n/explain'
import { voicesApi } from './api'

export const SPEEDS = [1, 1.5, 2] as const

interface Playing {
  id: string
  log: string
  playing: boolean
  /** 0..1. */
  at: number
}

let now = $state.raw<Playing | null>(null)
let speed = $state<(typeof SPEEDS)[number]>(1)
let audio: HTMLAudioElement | undefined
let url = ''

export const playingNow = (): Playing | null => now
export const playingSpeed = (): number => speed

export function nextSpeed(): void {
  speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1
  if (audio) audio.playbackRate = speed
}

/** Starts a voice, or halts or goes on with it. */
export async function toggle(app: App, log: string, message: Message): Promise<void> {
  if (now?.id === message.id && audio) {
    if (audio.paused) await audio.play()
    else audio.pause()
    return
  }
  await play(app, log, message, 0)
}

/** Goes to a place of a voice, 0..1. */
export async function seek(app: App, log: string, message: Message, at: number): Promise<void> {
  if (now?.id !== message.id || !audio) await play(app, log, message, at)
  else place(message, at)
}

function place(message: Message, at: number): void {
  if (!audio || !now || message.body.kind !== 'voice') return
  audio.currentTime = (Math.max(0, Math.min(0.99, at)) * message.body.durationMs) / 1000
  now = { ...now, at }
}

export function stopPlaying(): void {
  audio?.pause()
  if (url) URL.revokeObjectURL(url)
  url = ''
  now = null
}

async function play(app: App, log: string, message: Message, at: number): Promise<void> {
  if (message.body.kind !== 'voice') return
  const { durationMs, mediaType } = message.body
  stopPlaying()
  now = { id: message.id, log, playing: true, at }
  try {
    const blob = await voicesApi(app).playable(message.body)
    const loaded = await app.files.url(blob, blob === message.body.blob ? mediaType : 'audio/ogg')
    // Another one was started meanwhile.
    if (playingNow()?.id !== message.id) {
      URL.revokeObjectURL(loaded)
      return
    }
    url = loaded
    audio = new Audio(loaded)
    follow(audio, app, log, message, durationMs)
    audio.playbackRate = speed
    if (at > 0) place(message, at)
    await audio.play()
  } catch (error) {
    if (playingNow()?.id === message.id) stopPlaying()
    toast(explain(error), true)
  }
}

function follow(mine: HTMLAudioElement, app: App, log: string, message: Message, durationMs: number): void {
  const tell = (): void => {
    if (mine !== audio || now?.id !== message.id) return
    now = { ...now, playing: !mine.paused, at: Math.min(1, (mine.currentTime * 1000) / durationMs) }
  }
  for (const name of ['play', 'pause', 'timeupdate'] as const) mine.addEventListener(name, tell)
  mine.addEventListener('ended', () => {
    if (mine !== audio) return
    stopPlaying()
    const next = nextVoice(app, log, message)
    if (next) void play(app, log, next, 0)
  })
}

/** The next voice of the conversation, unless it is one's own. */
function nextVoice(app: App, log: string, message: Message): Message | undefined {
  let next: Message | undefined
  app.chat.timeline(log).subscribe(({ messages }) => {
    const at = messages.findIndex(({ id }) => id === message.id)
    next = at < 0 ? undefined : messages.slice(at + 1).find(({ body }) => body.kind === 'voice')
  })()
  return next?.mine ? undefined : next
}
