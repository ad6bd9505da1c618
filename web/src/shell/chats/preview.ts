/** One line that says what the newest message is, for the list, notifications and the live region. */
import type { ConversationSummary, Message, Person } from '../../model/types'
import { locale, type Values } from '../i18n/i18n.svelte'
import { slotsOf } from '../registry'
import { duration } from '../text/dates'

type Translate = (key: string, values?: Values) => string

/** Everybody this client knows, by user id: `app.contacts.people`. */
export type People = ReadonlyMap<string, Person>

export function authorName(people: People, message: Message, t: Translate): string {
  if (message.mine) return t('you')
  return people.get(message.author)?.name ?? t('someone')
}

/** What a message says, without its author. */
export function contentOf(people: People, message: Message, t: Translate): string {
  const { body } = message
  switch (body.kind) {
    case 'text':
      return body.text
    case 'picture':
      return t('preview.picture')
    case 'file':
      return t('preview.file', { name: body.name })
    case 'voice':
    case 'video':
      return t(`preview.${body.kind}`)
    case 'location':
      return t('preview.location', { name: body.name })
    case 'card':
      return t('preview.card', { name: body.person.name })
    case 'sticker':
      return body.emoji || t('preview.sticker')
    case 'poll':
      return t('preview.poll', { name: body.question })
    case 'bundle':
      return t('preview.bundle', { name: body.title })
    case 'recalled':
      return recallText(people, message, t)
    case 'disappeared':
      return t('preview.disappeared')
    case 'note':
      return noteText(message, t)
    case 'feature':
      return slotsOf(body.feature)?.messagePreview?.(message) ?? t('preview.unknown')
  }
}

export function previewOf({ last, group }: ConversationSummary, people: People, t: Translate): string {
  if (last === null) return ''
  const content = contentOf(people, last, t)
  return isSaid(last) && group ? t('preview.by', { name: authorName(people, last, t), content }) : content
}

/** Something a person said, as against something that happened. */
export const isSaid = ({ body }: Message): boolean =>
  !['note', 'recalled', 'disappeared', 'feature'].includes(body.kind)

/** "Lin added Bo": the first name is who did it, the others whom or what it was done to. */
export function noteText(message: Message, t: Translate): string {
  if (message.body.kind !== 'note') return ''
  const { text, names } = message.body
  const known = names.map((each) => each || t('someone'))
  // Several who did the same are told in one row.
  const together = text === 'joined' || text === 'left'
  const [name = '', ...others] = together ? [known.join(t('listComma'))] : known
  if (text === 'disappearing') others.splice(0, 1, duration(Number(others[0]), locale()))
  return t(`note.${text}${message.mine ? 'Me' : ''}`, { name, names: others.join(t('listComma')) })
}

export function recallText(people: People, message: Message, t: Translate): string {
  return message.mine ? t('recalled.byMe') : t('recalled.by', { name: authorName(people, message, t) })
}
