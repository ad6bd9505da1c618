/** What a connection asks for first: the newest of everything, or which conversations there are, and their marks. */
import { Chat } from '../../schema/chat_pb'
import { Contacts } from '../../schema/contacts_pb'
import { Log } from '../../schema/log_pb'
import { applyContact, inboxOf } from '../inbox'
import { applySnapshot, JUMP_EVENTS } from '../snapshot'
import type { Attempts } from './attempts'
import { dropUnlisted, takeListed } from './listed'
import type { Apply } from './missing'
import type { SyncOptions } from './options'

/** Events a conversation in the first snapshot; a timeline that is opened fetches more. */
const SNAPSHOT_EVENTS = 10

/** LOG13: the newest of everything. The inbox's head is read first: what changes meanwhile comes twice. */
export async function fetchEverything(options: SyncOptions, attempts: Attempts, apply: Apply): Promise<void> {
  const { call, store } = options
  const inbox = inboxOf(store.state.me)
  const { page } = await call(Log.method.read, { log: inbox, limit: 1 }, attempts.patience())
  const [{ contacts }, { conversations }] = await Promise.all([
    call(Contacts.method.list, {}, attempts.patience()),
    call(Chat.method.list, { recent: SNAPSHOT_EVENTS }, attempts.patience()),
  ])
  await apply((change, missing) => {
    const listed = new Set(contacts.map(({ profile }) => profile?.user))
    for (const user of [...change.state.contacts.keys()]) if (!listed.has(user)) change.deleteContact(user)
    for (const contact of contacts) applyContact(change, contact)
    dropUnlisted(change, [...change.state.conversations.keys()], conversations)
    for (const conversation of conversations) takeListed(options, change, conversation, missing)
    change.putSync({ inboxCursor: page?.head ?? 0, syncedAtMs: options.clock.nowMs() })
  })
}

/** LOG17: marks are asked for anew; so is which conversations there are. */
export async function refreshMarks(options: SyncOptions, attempts: Attempts, apply: Apply): Promise<void> {
  const { call, store, clock, folds } = options
  const cursors = new Map([...store.state.conversations.values()].map(({ log, cursor }) => [log, cursor]))
  const { conversations } = await call(Chat.method.list, {}, attempts.patience())
  await apply((change, missing) => {
    dropUnlisted(change, [...cursors.keys()], conversations)
    for (const conversation of conversations) {
      const { log, head } = conversation
      const cursor = cursors.get(log)
      if (cursor === undefined || head - cursor > JUMP_EVENTS) missing.fetch.add(log)
      else if (head < cursor) {
        // The server lost events that are stored here: it was restored from an older copy.
        applySnapshot(change, folds, conversation, { reset: true })
        missing.fetch.add(log)
      } else takeListed(options, change, conversation, missing)
    }
    if (change.state.sync !== null) change.putSync({ ...change.state.sync, syncedAtMs: clock.nowMs() })
  })
}
