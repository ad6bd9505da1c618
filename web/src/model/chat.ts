import { toRpcError } from '../link/errors'
import { Chat as Rpc, Inviting, type Conversation } from '../schema/chat_pb'
import { Forwarding } from '../schema/forwarding_pb'
import type { ChatApi, SayableContent, UploadableFile } from './api'
import { toAttached, toContent, toWireContent } from './content'
import type { Conversations } from './conversations'
import { toWireRole } from './convert'
import type { Drafts } from './drafts'
import { rewordedBy } from './intake'
import type { Call } from './feature'
import type { Marks } from './marks'
import type { Members } from './members'
import { NOTHING_ATTACHED } from './message'
import type { Outbox } from './outbox'
import type { PreferencesModel } from './preferences'
import type { UploadContent } from './records'
import type { Store } from './store'
import type { Timelines } from './timelines'
import type {
  Attached,
  ConversationSummary,
  GroupSettings,
  Member,
  Observable,
  Role,
  TextContent,
  Timeline,
  Wording,
} from './types'
import type { Typing } from './typing'

/** What a file name may be on the server (`check_content` there). */
const NAME_CHARACTERS_MAX = 255

export interface ChatOptions {
  call: Call
  store: Store
  conversations: Conversations
  timelines: Timelines
  members: Members
  outbox: Outbox
  marks: Marks
  typing: Typing
  drafts: Drafts
  preferences: PreferencesModel
  /** Takes over a conversation that an answer described. */
  adopt: (conversation: Conversation) => Promise<void>
  /** The size of a picture in pixels, 0 when it cannot be told. */
  measure: (file: Blob) => Promise<{ width: number; height: number }>
}

export class ChatModel implements ChatApi {
  readonly conversations: Observable<ConversationSummary[] | undefined>
  readonly #options: ChatOptions

  constructor(options: ChatOptions) {
    this.#options = options
    this.conversations = options.conversations.value
  }

  timeline(log: string): Observable<Timeline> {
    return this.#options.timelines.observe(log)
  }

  async open(user: string): Promise<string> {
    return this.#adopt(await this.#options.call(Rpc.method.open, { user }))
  }

  async createGroup(title: string, users: string[]): Promise<string> {
    return this.#adopt(await this.#options.call(Rpc.method.createGroup, { title, users }))
  }

  async #adopt({ conversation }: { conversation?: Conversation | undefined }): Promise<string> {
    if (conversation === undefined) return ''
    await this.#options.adopt(conversation)
    return conversation.log
  }

  async addMembers(log: string, users: string[]): Promise<void> {
    await this.#options.call(Rpc.method.addMembers, { log, users })
  }

  async leave(log: string): Promise<void> {
    await this.#options.call(Rpc.method.leave, { log })
    await this.#options.store.change((change) => {
      if (change.state.conversations.has(log)) change.dropConversation(log)
    })
  }

  async rename(log: string, title: string): Promise<void> {
    await this.#options.call(Rpc.method.rename, { log, title })
  }

  async removeMembers(log: string, users: string[]): Promise<void> {
    await this.#options.call(Rpc.method.removeMembers, { log, users })
  }

  async setPicture(log: string, blob: string): Promise<void> {
    await this.#options.call(Rpc.method.setPicture, { log, blob })
  }

  async changeGroup(log: string, settings: GroupSettings): Promise<void> {
    const inviting = settings.inviting === 'admins' ? Inviting.ADMINS : Inviting.MEMBERS
    await this.#options.call(Rpc.method.changeGroup, { log, settings: { ...settings, inviting } })
  }

  async setRole(log: string, user: string, role: Role): Promise<void> {
    await this.#options.call(Rpc.method.setRole, { log, user, role: toWireRole(role) })
  }

  async muteMember(log: string, user: string, untilMs: number): Promise<void> {
    await this.#options.call(Rpc.method.muteMember, { log, user, untilMs: BigInt(untilMs) })
  }

  async setNickname(log: string, nickname: string): Promise<void> {
    await this.#options.call(Rpc.method.setNickname, { log, nickname })
  }

  async setDisappearing(log: string, seconds: number): Promise<void> {
    await this.#options.call(Rpc.method.setDisappearing, { log, seconds })
  }

  members(log: string): Promise<readonly Member[]> {
    return this.#options.members.all(log)
  }

  // ---- messages ----

  async sendText(log: string, text: string, attached: Partial<Attached> = {}): Promise<void> {
    await this.send(log, { kind: 'text', text }, attached)
  }

  async send(log: string, content: SayableContent, attached: Partial<Attached> = {}): Promise<void> {
    await this.#say(log, content, attached)
  }

  async sendPicture(log: string, file: File): Promise<void> {
    await this.sendFile(log, { as: 'picture', file })
  }

  async sendStoredFile(log: string, file: File): Promise<void> {
    await this.sendFile(log, { as: 'file', file })
  }

  async sendFile(log: string, upload: UploadableFile, attached: Partial<Attached> = {}): Promise<void> {
    const { as, file } = upload
    const unknown = { width: 0, height: 0 }
    const { width, height } =
      as === 'picture' ? await this.#options.measure(file).catch(() => unknown) : unknown
    const content: UploadContent = {
      kind: 'upload',
      file,
      second: null,
      name: file instanceof File ? fileName(file.name, as) : '',
      mediaType: file.type || 'application/octet-stream',
      width,
      height,
      durationMs: 0,
      waveform: [],
      ...partsOf(upload),
    }
    await this.#say(log, content, attached)
  }

  async #say(
    log: string,
    content: SayableContent | UploadContent,
    attached: Partial<Attached>,
  ): Promise<void> {
    const { typing, outbox, timelines } = this.#options
    typing.sent(log)
    await outbox.say(log, content, attached)
    // Who says something wants to see it, wherever they were reading.
    void timelines.showNewest(log).catch(() => undefined)
  }

  async retry(_log: string, id: string): Promise<void> {
    await this.#options.outbox.retry(id)
  }

  async discard(_log: string, id: string): Promise<void> {
    await this.#options.outbox.discard(id)
  }

  async recall(log: string, seq: number): Promise<void> {
    await this.#options.call(Rpc.method.recall, { log, seq })
  }

  async edit(
    log: string,
    seq: number,
    content: TextContent,
    attached: Partial<Attached> = {},
  ): Promise<void> {
    const wire = toWireContent(content, { ...NOTHING_ATTACHED, ...attached })
    await this.#options.call(Rpc.method.edit, { log, seq, content: wire })
  }

  async history(log: string, seq: number): Promise<Wording[]> {
    const { wordings } = await this.#options.call(Rpc.method.history, { log, seq })
    return wordings.map(({ content, atMs }) => {
      return { ...toAttached(content), content: toContent(content), atMs: Number(atMs) }
    })
  }

  onReworded(run: (log: string, seqs: readonly number[]) => void): () => void {
    return this.#options.store.listen(({ events }) => {
      for (const event of events) {
        const seqs = rewordedBy(event)
        if (seqs.length > 0) run(event.log, seqs)
      }
    })
  }

  async forward(from: string, seqs: readonly number[], to: string, merged: boolean): Promise<void> {
    const ascending = [...new Set(seqs)].sort((a, b) => a - b)
    await this.#options.call(Forwarding.method.forward, { source: from, seqs: ascending, target: to, merged })
  }

  async readers(log: string, seq: number): Promise<{ users: string[]; total: number }> {
    const { users, total } = await this.#options.call(Rpc.method.readers, { log, seq })
    return { users, total }
  }

  // ---- the place in a timeline ----

  readAhead(log: string): Promise<void> {
    return this.#options.timelines.readAhead(log)
  }

  loadOlder(log: string): Promise<void> {
    return explained(this.#options.timelines.loadOlder(log))
  }

  loadNewer(log: string): Promise<void> {
    return explained(this.#options.timelines.loadNewer(log))
  }

  jumpTo(log: string, seq: number): Promise<void> {
    return explained(this.#options.timelines.jumpTo(log, seq))
  }

  showNewest(log: string): Promise<void> {
    return explained(this.#options.timelines.showNewest(log))
  }

  markRead(log: string, seq: number): void {
    void this.#options.marks.read(log, seq)
    this.#options.preferences.read(log)
  }

  setTyping(log: string, typing: boolean): void {
    this.#options.typing.say(log, typing)
  }

  saveDraft(log: string, text: string, replyTo = 0): void {
    void this.#options.drafts.save(log, text, replyTo)
  }
}

async function explained(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    throw toRpcError(error)
  }
}

function partsOf(upload: UploadableFile): Partial<UploadContent> & Pick<UploadContent, 'as'> {
  switch (upload.as) {
    case 'picture':
      return { as: upload.as, second: upload.original ?? null }
    case 'file':
      return { as: upload.as }
    case 'voice': {
      const { as, durationMs, waveform } = upload
      return { as, durationMs, waveform }
    }
    case 'video': {
      const { as, poster, width, height, durationMs } = upload
      return { as, second: poster ?? null, width, height, durationMs }
    }
  }
}

/** A name the server takes: no folders, no control characters, not too long, never empty. */
function fileName(name: string, as: UploadableFile['as']): string {
  const clean = name.replace(/[\p{Cc}/\\]/gu, '')
  const short = Array.from(clean).slice(-NAME_CHARACTERS_MAX).join('').trim()
  return short || as
}
