/** What a message says, between the wire and the model. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  Bundled,
  Content as WireContent,
  ContentSchema,
  Preview as WirePreview,
} from '../schema/chat_pb'
import { toPerson } from './person'
import type { Attached, BundledMessage, Content, LinkPreview, Person } from './types'

/** Degrees travel as whole numbers. */
const E7 = 10_000_000

/** Null for a kind of content that is newer than this client. */
export function toContent(content: WireContent | undefined): Content | null {
  switch (content?.kind.case) {
    case 'text':
      return { kind: 'text', text: content.kind.value }
    case 'picture': {
      const { blob, thumbnail, width, height, name, sizeBytes, mediaType } = content.kind.value
      const { original, originalBytes } = content.kind.value
      return {
        kind: 'picture',
        blob,
        thumbnail,
        width,
        height,
        name,
        sizeBytes,
        mediaType,
        original,
        originalBytes,
      }
    }
    case 'file': {
      const { blob, name, sizeBytes, mediaType } = content.kind.value
      return { kind: 'file', blob, name, sizeBytes: Number(sizeBytes), mediaType }
    }
    case 'voice': {
      const { blob, mediaType, durationMs, waveform, sizeBytes, transcribed } = content.kind.value
      return { kind: 'voice', blob, mediaType, durationMs, waveform: [...waveform], sizeBytes, transcribed }
    }
    case 'video': {
      const { blob, poster, width, height, durationMs, name, sizeBytes, mediaType } = content.kind.value
      const size = Number(sizeBytes)
      return { kind: 'video', blob, poster, width, height, durationMs, name, sizeBytes: size, mediaType }
    }
    case 'location': {
      const { latitudeE7, longitudeE7, name, address } = content.kind.value
      return { kind: 'location', latitude: latitudeE7 / E7, longitude: longitudeE7 / E7, name, address }
    }
    case 'card':
      return { kind: 'card', person: toPerson(content.kind.value.profile) }
    case 'sticker': {
      const { blob, width, height, emoji, pack } = content.kind.value
      return { kind: 'sticker', blob, width, height, emoji, pack }
    }
    case 'poll': {
      const { question, options, multiple, closesMs } = content.kind.value
      return { kind: 'poll', question, options, multiple, closesAtMs: Number(closesMs) }
    }
    case 'bundle':
      return {
        kind: 'bundle',
        title: content.kind.value.title,
        messages: content.kind.value.messages.map(toBundled),
      }
    default:
      return null
  }
}

function toBundled({ author, atMs, content }: Bundled): BundledMessage {
  return { author: toPerson(author), atMs: Number(atMs), content: toContent(content) }
}

export function toAttached(content: WireContent | undefined): Attached {
  const { replyTo = 0, mentions = [], preview } = content ?? {}
  return {
    replyTo,
    mentions: mentions.map(({ user, start, length }) => ({ user, start, length })),
    preview: preview === undefined ? null : toPreview(preview),
  }
}

export function toPreview(preview: WirePreview): LinkPreview {
  const { url, title, description, site, picture, width, height, proof } = preview
  return { url, title, description, site, picture, width, height, proof }
}

export function forwardedFrom(content: WireContent | undefined): Person | null {
  return content?.forwardedFrom === undefined ? null : toPerson(content.forwardedFrom)
}

export function toWireContent(
  content: Content,
  { replyTo, mentions, preview }: Attached,
): MessageInitShape<typeof ContentSchema> {
  const attached = { replyTo, mentions: [...mentions], ...(preview === null ? {} : { preview }) }
  return { kind: toWireKind(content), ...attached }
}

function toWireKind(content: Content): NonNullable<MessageInitShape<typeof ContentSchema>['kind']> {
  switch (content.kind) {
    case 'text':
      return { case: 'text', value: content.text }
    case 'picture':
      return { case: 'picture', value: content }
    case 'file': {
      const { blob, name, sizeBytes, mediaType } = content
      return { case: 'file', value: { blob, name, mediaType, sizeBytes: BigInt(sizeBytes) } }
    }
    case 'voice':
      return { case: 'voice', value: { ...content, waveform: Uint8Array.from(content.waveform) } }
    case 'video':
      return { case: 'video', value: { ...content, sizeBytes: BigInt(content.sizeBytes) } }
    case 'location': {
      const { latitude, longitude, name, address } = content
      const latitudeE7 = Math.round(latitude * E7)
      return {
        case: 'location',
        value: { latitudeE7, longitudeE7: Math.round(longitude * E7), name, address },
      }
    }
    case 'card':
      return { case: 'card', value: { profile: content.person } }
    case 'sticker':
      return { case: 'sticker', value: content }
    case 'poll': {
      const { question, options, multiple, closesAtMs } = content
      return {
        case: 'poll',
        value: { question, options: [...options], multiple, closesMs: BigInt(closesAtMs) },
      }
    }
    case 'bundle':
      // Only the server makes bundles; it refuses this one with a sentence.
      return { case: 'bundle', value: { title: content.title } }
  }
}
