/** What was shared in the messages of a timeline, the newest first. */
import type { Message } from '../../model/types'
import { pieces } from '../text/links'

export interface SharedFile {
  id: string
  seq: number
  name: string
  sizeBytes: number
  atMs: number
}

export interface SharedLink {
  id: string
  seq: number
  url: string
  /** As the preview has it, or ''. */
  title: string
  atMs: number
}

/** More would be no list to look through. */
const SHOWN_MAX = 100

export function filesOf(messages: readonly Message[]): SharedFile[] {
  const found: SharedFile[] = []
  for (const { id, seq, atMs, body } of messages.toReversed()) {
    if (found.length === SHOWN_MAX) break
    if (seq > 0 && (body.kind === 'file' || body.kind === 'video'))
      found.push({ id, seq, name: body.name, sizeBytes: body.sizeBytes, atMs })
  }
  return found
}

export function linksOf(messages: readonly Message[]): SharedLink[] {
  const found: SharedLink[] = []
  for (const { id, seq, atMs, body, preview } of messages.toReversed()) {
    if (seq === 0 || body.kind !== 'text') continue
    for (const [n, piece] of pieces(body.text).entries()) {
      if (found.length === SHOWN_MAX) return found
      if (piece.kind !== 'link' || !piece.href.startsWith('http')) continue
      const title = preview?.url === piece.href ? preview.title : ''
      found.push({ id: `${id}-${n}`, seq, url: piece.href, title, atMs })
    }
  }
  return found
}
