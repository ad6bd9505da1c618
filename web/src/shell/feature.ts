/**
 * What a feature adds to the screen, and how the shell finds it. A feature is a folder
 * `src/features/<name>/` whose `index.ts` has a default export of type `WebFeature`; deleting the
 * folder removes the feature and nothing else.
 *
 * A feature's components may use the shell's `design/`, `i18n/`, `text/` and `router`, and of `chat/` what draws
 * and finds one message (`Quote`, `Bubble`, `said`, `jump`); never its screens.
 */
import type { Component } from 'svelte'
import type { App } from '../model/api'
import type { ModelFeature } from '../model/feature'
import type {
  Attached,
  Content,
  ConversationSummary,
  LinkPreview,
  Message,
  TextContent,
} from '../model/types'

export interface AppProps {
  app: App
}

export interface ReceivePageProps extends AppProps {
  /** What stands behind `#/receive/`; '' when it has to be typed. */
  code: string
}

export interface ConversationProps extends AppProps {
  conversation: ConversationSummary
}

export interface FindProps extends AppProps {
  /** What was typed. */
  query: string
  /** Closes the search; called when something was chosen. */
  onclose: () => void
}

/** What opens over a conversation. */
export interface SheetProps extends AppProps {
  log: string
  onclose: () => void
}

export interface PersonProps extends AppProps {
  user: string
}

export interface MessageProps extends ConversationProps {
  message: Message
  log: string
}

export interface MessageMenuProps extends MessageProps {
  /** Closes the menu; call it when something was chosen. */
  close: () => void
}

/** What is being written in a conversation; fields are reactive. */
export interface Writing {
  readonly text: string
  /** seq of the message that is being changed, 0 for none. */
  readonly editing: number
  /** What stands behind a link in the text; goes with the message. */
  preview: LinkPreview | null
}

export interface WritingProps extends ConversationProps {
  writing: Writing
}

/** What stands in the composer and could be sent now. */
export interface SendProps extends ConversationProps {
  content: TextContent
  attached: Attached
  /** It was taken over: the composer empties itself. */
  taken: () => void
}

/** Draws messages of one kind of content. */
export interface ContentBody {
  component: Component<MessageProps>
  /** Without a bubble around it. */
  bare?: boolean
}

/** Sends files of a certain kind in a manner of its own. */
export interface FileSender {
  /** May look at the first bytes. */
  takes: (file: File) => boolean | Promise<boolean>
  send: (props: ConversationProps, file: File, attached: Partial<Attached>) => Promise<void>
}

/** One entry of a menu. `label` is a translation key, `icon` one of `design/icons`. */
export interface MenuEntry<Props> {
  id: string
  label: string
  icon: string
  /** Whether the entry makes sense here; left out, it always does. */
  shown?: (props: Props) => boolean
  /** Runs inside the click, so that file pickers and permission prompts may open. */
  run: (props: Props) => void | Promise<void>
}

/** Where files that are dragged over a conversation may be dropped, beside "send in the chat". */
export interface DropTarget {
  id: string
  label: string
  /** A translation key: one line below the label that says what will happen to the files. */
  hint: string
  icon: string
  shown?: (props: ConversationProps) => boolean
  /** `items` are gone when the event is over; by them folders can be read. */
  drop: (props: ConversationProps, files: File[], items?: DataTransferItemList) => void | Promise<void>
}

export type ShortcutPlace = 'everywhere' | 'conversation' | 'writing' | 'picture' | 'call'

/** What the help sheet says of keys. */
export interface Shortcut {
  place: ShortcutPlace
  /** Those that do it, or belong together: pressed at once they stand in one, 'Mod' being Control or Command. */
  keys: readonly string[]
  /** A translation key. */
  meaning: string
}

export interface FeatureSlots {
  /** Draws rows whose body is `{kind: 'feature', feature: <this feature>}`. */
  messageBody?: Component<MessageProps>
  /** 'bubble' (the default) draws the row like a message of its author; 'note' in the middle, like "Lin joined". */
  messageFrame?: 'bubble' | 'note'
  /** One line for the conversation list and notifications; already translated. */
  messagePreview?: (message: Message) => string
  /** Below every message. */
  messageFooter?: Component<MessageProps>
  /** At the top of every message's menu; made of `design/MenuItem` or anything that fits a menu's width. */
  messageMenu?: Component<MessageMenuProps>
  /** Entries of a message's menu. */
  messageActions?: MenuEntry<MessageProps>[]
  /** Draws messages of these kinds of content. */
  contentBodies?: Partial<Record<Content['kind'], ContentBody>>
  /** Between the conversation's header and its messages; draws nothing when there is nothing to show. */
  conversationBanner?: Component<ConversationProps>
  /** Above the field one writes in; draws nothing when there is nothing to show. */
  composerAbove?: Component<WritingProps>
  /** Buttons in the place of the one that sends, as long as there is nothing to send. */
  composerTools?: Component<WritingProps>
  /** Entries of the menu of the button that sends. */
  sendActions?: MenuEntry<SendProps>[]
  fileSenders?: FileSender[]
  /** Buttons in the conversation header. */
  conversationActions?: Component<ConversationProps>
  /** Below the title in the conversation header: a few words in one element, or nothing. */
  conversationLine?: Component<ConversationProps>
  /** In the details of a conversation, each a `design/Section`; draws nothing when there is nothing to show. */
  detailsSections?: Component<ConversationProps>[]
  /** In the search for conversations and people, below those that were found. */
  findSections?: Component<FindProps>[]
  /** On a person's page, below the handle: one line, or nothing. */
  personLines?: Component<PersonProps>[]
  /** Entries of the + menu beside the composer. */
  composerActions?: MenuEntry<ConversationProps>[]
  /** Below the emoji one writes with: what else stands for a word. */
  emojiActions?: MenuEntry<ConversationProps>[]
  dropTargets?: DropTarget[]
  shortcuts?: Shortcut[]
  /** Full screen, mounted as long as somebody is signed in; draws nothing when there is nothing to show. */
  overlay?: Component<AppProps>
  /** The whole page at `#/receive/<code>`, signed in or not. */
  receivePage?: Component<ReceivePageProps>
  /** The whole page at `#/send`, signed in or not. */
  sendPage?: Component<AppProps>
  /** In "Me", each a `design/Section`. */
  settingsSections?: Component<AppProps>[]
  /** Below these: what belongs to the account. Each a `design/Section`. */
  accountSections?: Component<AppProps>[]
  /** At the end of "Me", beside signing out: rows of a `design/Section`. */
  leavingRows?: Component<AppProps>[]
  /** On the page about the connection, each a `design/Section`; shown only while that page is open. */
  connectionSections?: Component<AppProps>[]
}

/** Every key starts with the feature's name and a dot; both languages have the same keys (a test says so). */
export interface FeatureMessages {
  en: Record<string, string>
  zh: Record<string, string>
}

export interface WebFeature {
  /** The name of its folder. */
  name: string
  model?: ModelFeature
  slots?: FeatureSlots
  messages?: FeatureMessages
}
