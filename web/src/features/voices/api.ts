import type { App } from '../../model/api'
import { RpcError, type FeatureContext } from '../../model/feature'
import type { VoiceContent } from '../../model/types'
import { Format, Voices } from '../../schema/voices_pb'

export const NAME = 'voices'

export interface VoicesApi {
  /** The blob of a voice that browsers play. */
  playable(voice: VoiceContent): Promise<string>
  /** Stores a SILK file; the server makes a copy that browsers play. */
  fromSilk(file: File): Promise<VoiceContent>
  /** Saves a voice as WeChat plays it. */
  saveAsSilk(voice: VoiceContent, name: string): Promise<void>
}

export const SILK_TYPE = 'audio/silk'
const SILK_BYTES_MAX = 4 * 1024 * 1024
/** What says that a file is a voice of WeChat's. */
const SIGN = '\x02#!SILK_V3'

export const isSilkType = (mediaType: string): boolean => /silk/i.test(mediaType)

/** Looks at the name first, then at the first bytes: AMR files of other makers are files. */
export async function isSilk(file: File): Promise<boolean> {
  if (!/\.(silk|slk|amr)$/i.test(file.name)) return false
  return (await file.slice(0, SIGN.length).text()) === SIGN
}

export function createVoices({ call, files }: FeatureContext): VoicesApi {
  const converted = new Map<string, string>()
  const REMEMBERED_MAX = 100

  async function toOpus(blob: string): Promise<string> {
    const known = converted.get(blob)
    if (known !== undefined) return known
    const reply = await call(Voices.method.convert, { blob, format: Format.OGG_OPUS })
    const oldest = converted.keys().next().value
    if (converted.size >= REMEMBERED_MAX && oldest !== undefined) converted.delete(oldest)
    converted.set(blob, reply.blob)
    return reply.blob
  }

  return {
    async playable({ blob, mediaType, transcribed }) {
      if (transcribed !== '') return transcribed
      return isSilkType(mediaType) ? toOpus(blob) : blob
    },
    async fromSilk(file) {
      if (file.size > SILK_BYTES_MAX)
        throw new RpcError('invalid_argument', 'This file is too large for a voice.', 'file_too_large')
      const blob = await files.upload(new File([file], file.name, { type: SILK_TYPE }))
      const opus = await call(Voices.method.convert, { blob, format: Format.OGG_OPUS })
      const { durationMs, waveform } = opus
      return {
        kind: 'voice',
        blob,
        mediaType: SILK_TYPE,
        durationMs,
        waveform: [...waveform],
        sizeBytes: file.size,
        transcribed: opus.blob,
      }
    },
    async saveAsSilk({ blob, mediaType }, name) {
      if (isSilkType(mediaType)) return files.save(blob, name, mediaType)
      const silk = await call(Voices.method.convert, { blob, format: Format.SILK })
      return files.save(silk.blob, name, silk.mediaType)
    },
  }
}

export const voicesApi = (app: App): VoicesApi => app.features.get(NAME) as VoicesApi
