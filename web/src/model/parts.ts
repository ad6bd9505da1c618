/** The parts of the model that stand on calls to the server and on what this browser stores. */
import type { Database } from './database'
import { Blobs } from './blobs'
import { ChatModel } from './chat'
import { ContactsModel } from './contacts'
import { Conversations } from './conversations'
import { Drafts } from './drafts'
import type { Call, Clock } from './feature'
import { FilesModel } from './files'
import type { Folds } from './folds'
import { Kept } from './kept'
import { Marks } from './marks'
import { Members } from './members'
import { Outbox } from './outbox'
import { Pages } from './pages'
import { PreferencesModel } from './preferences'
import { randomBytes } from './random-bytes'
import type { Store } from './store'
import { Sync } from './sync/sync'
import { Timelines } from './timelines'
import { Typing } from './typing'

export interface Ground {
  call: Call
  database: Database
  store: Store
  folds: Folds
  clock: Clock
  random: () => number
  saveBlob: (data: Blob, name: string) => void
}

export interface Parts {
  chat: ChatModel
  contacts: ContactsModel
  conversations: Conversations
  drafts: Drafts
  files: FilesModel
  kept: Kept
  marks: Marks
  outbox: Outbox
  preferences: PreferencesModel
  sync: Sync
  timelines: Timelines
  typing: Typing
}

export function makeParts({ call, database, store, folds, clock, random, saveBlob }: Ground): Parts {
  const contacts = new ContactsModel(call, store)
  const typing = new Typing(call, clock, (log) => conversations.refresh([log]))
  const conversations = new Conversations(store, (log) => typing.in(log))
  const marks = new Marks({ call, store, clock, recount: (log) => sync.recount(log) })
  const sync = new Sync({
    call,
    store,
    folds,
    clock,
    random,
    onMarks: (log, mark) => marks.serverHas(log, mark),
  })
  const blobs = new Blobs(database, clock)
  const files = new FilesModel({ call, store, blobs, saveBlob })
  const outbox = new Outbox({
    call,
    store,
    clock,
    random,
    randomBytes,
    upload: (file, uploadOptions) => files.store(file, uploadOptions),
    onProgress: (log) => timelines.refresh(log),
  })
  const timelines = new Timelines({
    store,
    folds,
    call,
    progress: (id) => outbox.progress(id),
    lookUp: (user) => void contacts.lookUp(user),
  })
  const drafts = new Drafts({ call, store, clock })
  const preferences = new PreferencesModel({ call, store, drafts, clock, random })
  const chat = new ChatModel({
    call,
    store,
    conversations,
    timelines,
    members: new Members(call, store),
    outbox,
    marks,
    typing,
    drafts,
    preferences,
    adopt: (conversation) => sync.adopt(conversation),
    measure,
  })
  const isOpen = (log: string): boolean => timelines.isOpen(log)
  const kept = new Kept({ store, pages: new Pages({ store, folds, call }), blobs, isOpen })
  return {
    chat,
    contacts,
    conversations,
    drafts,
    files,
    kept,
    marks,
    outbox,
    preferences,
    sync,
    timelines,
    typing,
  }
}

async function measure(file: Blob): Promise<{ width: number; height: number }> {
  if (typeof createImageBitmap === 'undefined') return { width: 0, height: 0 }
  const bitmap = await createImageBitmap(file)
  const { width, height } = bitmap
  bitmap.close()
  return { width, height }
}
