/** The one place where the parts of the model are put together. */
import type { Activity } from '../link/activity'
import { carrierOf } from '../link/carriers'
import type { OpenChannel } from '../link/channel'
import { systemClock } from '../link/clock'
import { toRpcError } from '../link/errors'
import { Link } from '../link/link'
import { Networks } from '../link/networks'
import type { Network } from '../link/patience'
import { SealedChannel } from '../link/sealed/channel'
import { waysOf } from '../link/ways'
import type { Manifest } from '../schema/sealed_pb'
import { MarkMovedSchema, TypingSchema } from '../schema/chat_pb'
import { DraftChangedSchema } from '../schema/preferences_pb'
import type { App } from './api'
import { Blobs } from './blobs'
import { ChatModel } from './chat'
import { ContactsModel } from './contacts'
import { Conversations } from './conversations'
import { openDatabase } from './database'
import { Drafts } from './drafts'
import type { Call, Clock, ModelFeature } from './feature'
import { FeatureHost } from './feature-host'
import { FilesModel } from './files'
import { Folds, KIND_SENT } from './folds'
import { Housekeeping } from './housekeeping'
import { Kept } from './kept'
import { Marks } from './marks'
import { Members } from './members'
import { Value } from './observable'
import { Outbox } from './outbox'
import { Pages } from './pages'
import { PreferencesModel } from './preferences'
import { assertSealing, ServerModel } from './server'
import { ServerStore } from './server-store'
import { SessionModel } from './session'
import { Store } from './store'
import { Sync } from './sync'
import { browserTabs, type Tabs } from './tabs'
import { Timelines } from './timelines'
import type { LinkState } from './types'
import { Typing } from './typing'

export interface AppOptions {
  /** Absolute: `wss://host/link`. */
  linkUrl: string
  /** Or how they are fetched: not before somebody is signed in. */
  features?: readonly ModelFeature[] | (() => Promise<readonly ModelFeature[]>)
  /** What this device is called in the list of devices, e.g. "Firefox on Linux"; 1-64 characters. */
  deviceName: string
  /** BCP 47, for what the server says to this person. */
  language: string
  /** Hands a finished download to the person: a link with `download` in a page. */
  saveBlob(data: Blob, name: string): void
  /** The root key that the page's address names, else ''. */
  root?: string
  /** Calls `run` when the network changed; returns the unsubscriber. */
  onNetworkChange?(run: () => void): () => void
  /** Calls `run` whenever the person comes or goes; returns the unsubscriber. */
  onActivity?(run: (activity: Activity) => void): () => void
  networkKind?(): Network
  /** A newer client runs in another tab: this one has to be reloaded. */
  onOutdated?(): void
  databaseName?: string
  clock?: Clock
  /** In [0, 1). */
  random?: () => number
  openChannel?: OpenChannel
  tabs?: Tabs
}

export interface RunningApp extends App {
  /** Ends the connection and lets go of the database. */
  close(): void
}

/** Resolves when storage is open; the link connects by itself from then on. Rejects without storage. */
export async function createApp(options: AppOptions): Promise<RunningApp> {
  const { databaseName = 'hutong', clock = systemClock, random = Math.random, features = [] } = options
  const opening = openDatabase(databaseName, () => options.onOutdated?.()).catch((error: unknown) => {
    throw toRpcError(error)
  })
  const sealing = options.openChannel === undefined ? assertSealing() : Promise.resolve()
  const [database] = await Promise.all([opening, sealing])
  const store = new Store(database)
  const folds = new Folds()
  const tabs = options.tabs ?? browserTabs(databaseName, webLocks())

  const serverStore = new ServerStore(database)
  const server = new ServerModel(serverStore, clock, () => link.networkChanged())
  if (options.root !== undefined) await server.expect(options.root)
  const [known, records] = await Promise.all([server.identity.manifest(), serverStore.networks()])
  let manifest: Manifest | null = known
  let route: Uint8Array = new Uint8Array()
  const openChannel: OpenChannel = (way, events) =>
    new SealedChannel({ open: carrierOf(way), identity: server.identity, route, clock, randomBytes, events })
  const networks = new Networks(
    records,
    (changed) => void serverStore.saveNetworks(changed).catch(() => undefined),
  )

  const link: Link = new Link({
    open: options.openChannel ?? openChannel,
    ways: () => waysOf(options.linkUrl, manifest),
    networks,
    networkKind: () => options.networkKind?.() ?? 'fast',
    clock,
    random,
    randomBytes,
    handlers: {
      onState: (state) => linkChanged(state),
      onSigningIn: () => {
        sync.begin()
        preferences.begin()
      },
      onChallenge: (challenge, way) => {
        route = challenge.route
        session.serverName.set(challenge.serverName)
        server.reached(way)
        void server.identity.manifest().then((newest) => (manifest = newest))
      },
      onResumed: (reply) => {
        void session.resumed(reply)
        signedIn()
      },
      onRevoked: () => void session.forget(),
      onEvents: (events) => sync.receive(events),
      onNotices: (notices) => host.notify(notices),
      onUnreachable: (end) => server.unreachable(end),
    },
  })
  const call: Call = (method, request, callOptions) => link.call(method, request, callOptions)
  const session = new SessionModel({
    link,
    store,
    clock,
    randomBytes,
    deviceName: options.deviceName,
    language: options.language,
    ready: () => ready(),
    onSignedIn: () => {
      sync.begin()
      preferences.begin()
      signedIn()
    },
  })
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
  const files = new FilesModel({
    call,
    store,
    blobs,
    saveBlob: (data, name) => options.saveBlob(data, name),
  })
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
    lookUp: (user) => contacts.lookUp(user),
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
  const host = new FeatureHost(store)
  const housekeeping = new Housekeeping(store, clock, isOpen)
  /** For features: 'online' only once somebody is signed in on this connection. */
  const featureLink = new Value<LinkState>('connecting')
  const app: RunningApp = {
    server,
    session,
    contacts,
    chat,
    preferences,
    files,
    kept,
    features: host.apis,
    ready,
    close() {
      offNetwork?.()
      offActivity?.()
      link.stop()
      sync.disconnected()
      preferences.ended()
      housekeeping.close()
      tabs.close()
      database.close()
    },
  }

  function linkChanged(state: LinkState): void {
    session.link.set(state)
    if (state !== 'online') {
      featureLink.set(state)
      sync.disconnected()
      preferences.ended()
      typing.clear()
    }
  }

  function signedIn(): void {
    // After this turn: a feature that asks at once finds the connection as it will be.
    queueMicrotask(() => featureLink.set(session.link.get()))
  }

  host.onNotice(MarkMovedSchema, (mark) => void marks.moved(mark))
  host.onNotice(DraftChangedSchema, ({ draft }) => {
    if (draft !== undefined) void drafts.heard([draft])
  })
  host.onNotice(TypingSchema, ({ log, user, typing: on }) => typing.heard(log, user, on))
  store.listen(({ events, session: changed, outbox: said, elsewhere }) => {
    for (const { kind, log, author } of events) if (kind === KIND_SENT) typing.heard(log, author, false)
    if (elsewhere) return
    if (said) tabs.announce('outbox')
    if (changed) tabs.announce('session')
    if (changed && store.state.session === null) typing.clear()
  })
  tabs.listen((message) => {
    if (message === 'outbox') void outbox.reload()
    else void followSession()
  })

  /** Somebody signed in or out in another tab. */
  async function followSession(): Promise<void> {
    const before = store.state.session?.device
    await store.reload()
    const credentials = session.credentials()
    if (credentials?.device === before) return
    if (credentials !== null) await ready()
    link.clearCredentials()
    if (credentials !== null) link.setCredentials(credentials)
  }

  const shared = {
    call,
    link: featureLink,
    session: session.session,
    conversations: conversations.value,
    files,
    clock,
    randomBytes,
  }
  let furnished: Promise<void> | null = null

  /** The features are there: before the first event is folded. A failed attempt is no reason not to try again. */
  function ready(): Promise<void> {
    furnished ??= furnish().catch((error: unknown) => {
      furnished = null
      throw error
    })
    return furnished
  }

  async function furnish(): Promise<void> {
    const all = typeof features === 'function' ? await features() : features
    folds.add(all)
    host.create(all, shared)
  }

  if (typeof features !== 'function') await ready()
  await store.reload()
  await outbox.reload()
  if (store.state.session !== null) await ready()
  link.start(session.credentials())
  const offNetwork = options.onNetworkChange?.(() => link.networkChanged())
  const offActivity = options.onActivity?.((activity) => link.turn(activity))
  tabs.whenLeading(() => {
    outbox.lead()
    housekeeping.begin()
  })
  return app
}

/** Node and old browsers have none. */
function webLocks(): LockManager | undefined {
  return (globalThis as { navigator?: Partial<Navigator> }).navigator?.locks
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}

async function measure(file: Blob): Promise<{ width: number; height: number }> {
  if (typeof createImageBitmap === 'undefined') return { width: 0, height: 0 }
  const bitmap = await createImageBitmap(file)
  const { width, height } = bitmap
  bitmap.close()
  return { width, height }
}
