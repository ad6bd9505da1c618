/** The one place where the parts of the model are put together. */
import { systemClock } from '../link/clock'
import { toRpcError } from '../link/errors'
import { Link } from '../link/link'
import { Networks } from '../link/networks'
import { MarkMovedSchema, TypingSchema } from '../schema/chat_pb'
import { DraftChangedSchema } from '../schema/preferences_pb'
import type { AppOptions, RunningApp } from './app-options'
import { openDatabase } from './database'
import type { Call } from './feature'
import { FeatureHost } from './feature-host'
import { Folds, KIND_SENT } from './folds'
import { Furnishing } from './furnishing'
import { Housekeeping } from './housekeeping'
import { Value } from './observable'
import { makeParts } from './parts'
import { randomBytes } from './random-bytes'
import { assertSealing, ServerModel } from './server'
import { ServerStore } from './server-store'
import { SessionModel } from './session'
import { Store } from './store'
import { browserTabs } from './tabs'
import type { LinkState } from './types'
import { WayIn } from './way-in'

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
  const [manifest, records] = await Promise.all([server.identity.manifest(), serverStore.networks()])
  const wayIn = new WayIn(options.linkUrl, server, clock, manifest)
  const networks = new Networks(
    records,
    (changed) => void serverStore.saveNetworks(changed).catch(() => undefined),
  )

  const link: Link = new Link({
    open: options.openChannel ?? wayIn.openChannel,
    ways: () => wayIn.ways(),
    networks,
    networkKind: () => options.networkKind?.() ?? 'fast',
    clock,
    random,
    randomBytes,
    handlers: {
      onState: (state) => linkChanged(state),
      onSigningIn: () => begin(),
      onChallenge: (challenge, way) => {
        session.serverName.set(challenge.serverName)
        wayIn.challenged(challenge, way)
      },
      onResumed: (reply) => {
        void session.resumed(reply)
        signedIn()
      },
      onRevoked: () => void session.revoked(),
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
    ready: () => furnishing.ready(),
    onSignedIn: () => {
      begin()
      signedIn()
    },
  })
  const saveBlob = (data: Blob, name: string): void => options.saveBlob(data, name)
  const parts = makeParts({ call, database, store, folds, clock, random, saveBlob })
  const { conversations, drafts, files, marks, outbox, preferences, sync, timelines, typing } = parts
  const host = new FeatureHost(store)
  const housekeeping = new Housekeeping(store, clock, (log) => timelines.isOpen(log))
  /** For features: 'online' only once somebody is signed in on this connection. */
  const featureLink = new Value<LinkState>('connecting')
  const app: RunningApp = {
    server,
    session,
    contacts: parts.contacts,
    chat: parts.chat,
    preferences,
    files,
    kept: parts.kept,
    features: host.apis,
    ready: () => furnishing.ready(),
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

  /** Somebody is signing in on this connection: what they missed is asked for at once. */
  function begin(): void {
    sync.begin()
    preferences.begin()
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
    if (credentials !== null) await furnishing.ready()
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
  const furnishing = new Furnishing(features, (all) => {
    folds.add(all)
    host.create(all, shared)
  })

  if (furnishing.isHere) await furnishing.ready()
  await store.reload()
  await outbox.reload()
  if (store.state.session !== null) await furnishing.ready()
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
