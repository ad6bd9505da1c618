import { toRpcError } from '../link/errors'
import { Chat as Rpc, type Conversation } from '../schema/chat_pb'
import type { ChatApi } from './api'
import type { Conversations } from './conversations'
import type { Call } from './feature'
import type { Marks } from './marks'
import type { Outbox } from './outbox'
import type { Store } from './store'
import type { Timelines } from './timelines'
import type { ConversationSummary, Observable, Timeline } from './types'
import type { Typing } from './typing'

/** What a file name may be on the server (`check_content` there). */
const NAME_CHARACTERS_MAX = 255

export interface ChatOptions {
  call: Call
  store: Store
  conversations: Conversations
  timelines: Timelines
  outbox: Outbox
  marks: Marks
  typing: Typing
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

  async sendText(log: string, text: string): Promise<void> {
    this.#options.typing.sent(log)
    await this.#options.outbox.say(log, { kind: 'text', text })
  }

  async sendPicture(log: string, file: File): Promise<void> {
    const { width, height } = await this.#options.measure(file).catch(() => ({ width: 0, height: 0 }))
    await this.#upload(log, file, 'picture', width, height)
  }

  async sendStoredFile(log: string, file: File): Promise<void> {
    await this.#upload(log, file, 'file', 0, 0)
  }

  async #upload(
    log: string,
    file: File,
    as: 'picture' | 'file',
    width: number,
    height: number,
  ): Promise<void> {
    const mediaType = file.type || 'application/octet-stream'
    const name = fileName(file.name, as)
    await this.#options.outbox.say(log, { kind: 'upload', as, file, name, mediaType, width, height })
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

  async loadOlder(log: string): Promise<void> {
    try {
      await this.#options.timelines.loadOlder(log)
    } catch (error) {
      throw toRpcError(error)
    }
  }

  markRead(log: string, seq: number): void {
    void this.#options.marks.read(log, seq)
  }

  setTyping(log: string, typing: boolean): void {
    this.#options.typing.say(log, typing)
  }

  saveDraft(log: string, text: string): void {
    void this.#options.store.change((change) => {
      if ((change.state.drafts.get(log) ?? '') !== text) change.putDraft(log, text)
    })
  }
}

/** A name the server takes: no folders, no control characters, not too long, never empty. */
function fileName(name: string, as: 'picture' | 'file'): string {
  const clean = name.replace(/[\p{Cc}/\\]/gu, '')
  const short = Array.from(clean).slice(-NAME_CHARACTERS_MAX).join('').trim()
  return short || (as === 'picture' ? 'picture' : 'file')
}
