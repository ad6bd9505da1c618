import 'fake-indexeddb/auto'
import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { CallRecordedSchema } from '../schema/calls_pb'
import {
  ConversationCreatedSchema,
  ConversationRenamedSchema,
  ConversationSchema,
  DisappearingChangedSchema,
  GroupChangedSchema,
  Inviting,
  MemberJoinedSchema,
  MemberLeftSchema,
  MemberMutedSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  MessageEditedSchema,
  MessageRecalledSchema,
  MessagesDisappearedSchema,
  MessageSentSchema,
  NicknameChangedSchema,
  PictureChangedSchema,
  Role,
  RoleChangedSchema,
  type ContentSchema,
} from '../schema/chat_pb'
import { EventSchema } from '../schema/log_pb'
import { ReactedSchema } from '../schema/reactions_pb'
import { Change } from './change'
import { emptyRecord, withEvent, withMark } from './conversation'
import { toEvent, toWireRole } from './convert'
import { eventFold, type LogEvent, type ModelFeature } from './feature'
import { Folds, kindOf } from './folds'
import { Rows } from './rows'
import { intakeEvents } from './intake'
import { applySnapshot } from './snapshot'
import { State } from './state'
import type { ConversationRecord } from './records'
import type { Member } from './types'
import { mentionsOf, unreadOf, UNREAD_SEQS_MAX } from './unread'

const LOG = 'chat:1'
const person = (user: string) => ({ user, handle: user, name: user.toUpperCase(), picture: '', about: '' })
const context = { me: 'ann' }

const calls: ModelFeature = {
  name: 'calls',
  folds: [eventFold(CallRecordedSchema, (timeline, _event, { call }) => timeline.addRow({ call }))],
}
const reactions: ModelFeature = {
  name: 'reactions',
  folds: [
    eventFold(ReactedSchema, (timeline, event, { seq, emoji, on }) => {
      const row = timeline.row(seq)
      if (row === undefined) return
      const before = (row.extras['reactions'] ?? []) as string[]
      const mine = `${event.author}${emoji}`
      const after = on ? [...new Set([...before, mine])] : before.filter((each) => each !== mine)
      timeline.setExtra(seq, after.length === 0 ? undefined : after)
    }),
  ],
}
const folds = new Folds([calls, reactions])

/** Events of a conversation, numbered and timed as a server would. */
function script(): LogEvent[] {
  const events: LogEvent[] = []
  const add = <Desc extends DescMessage>(
    schema: Desc,
    body: MessageInitShape<Desc>,
    author: string,
  ): void => {
    const seq = events.length + 1
    const bytes = toBinary(schema, create(schema, body))
    const key = author === '' ? new Uint8Array() : new Uint8Array(16).fill(seq)
    events.push({ log: LOG, seq, kind: kindOf(schema), author, atMs: 1000 + seq, key, body: bytes })
  }
  const text = (author: string, value: string): void =>
    add(MessageSentSchema, { content: { kind: { case: 'text', value } } }, author)
  add(
    ConversationCreatedSchema,
    { group: true, title: 'Lane', members: [person('bob'), person('ann')] },
    'bob',
  )
  text('bob', 'one')
  text('ann', 'two')
  add(MembersAddedSchema, { members: [person('cat')] }, 'bob')
  text('cat', 'three')
  add(ReactedSchema, { seq: 2, emoji: '👍', on: true }, 'ann')
  add(ReactedSchema, { seq: 2, emoji: '👍', on: true }, 'cat')
  add(MessageRecalledSchema, { seq: 5 }, 'cat')
  add(ConversationRenamedSchema, { title: 'Gate' }, 'ann')
  add(CallRecordedSchema, { call: 'c1', caller: 'bob' }, '')
  add(ReactedSchema, { seq: 2, emoji: '👍', on: false }, 'ann')
  const picture = {
    blob: 'b',
    thumbnail: 't',
    width: 1,
    height: 2,
    name: 'p',
    sizeBytes: 3,
    mediaType: 'image/png',
  }
  add(MessageSentSchema, { content: { kind: { case: 'picture', value: picture } } }, 'cat')
  const file = { blob: 'f', name: 'n', sizeBytes: 5n, mediaType: 'x/y' }
  add(MessageSentSchema, { content: { kind: { case: 'file', value: file } } }, 'bob')
  add(RoleChangedSchema, { user: 'ann', role: Role.OWNER }, 'bob')
  add(MemberLeftSchema, { user: 'bob' }, 'bob')
  events.push({
    log: LOG,
    seq: events.length + 1,
    kind: 65000,
    author: 'cat',
    atMs: 2000,
    key: new Uint8Array(),
    body: new Uint8Array([1]),
  })
  text('cat', 'last')
  add(MessageRecalledSchema, { seq: 17 }, 'cat')
  // 19: from here on what groups and rich messages bring.
  add(MessageSentSchema, { content: said('@ann look', 'ann') }, 'cat')
  add(MessageEditedSchema, { seq: 19, content: said('look') }, 'cat')
  add(MessageSentSchema, { content: said('all of you', '') }, 'cat')
  add(MessageEditedSchema, { seq: 3, content: said('two!') }, 'ann')
  add(MessageSentSchema, { content: said('not for long', 'ann'), disappearsMs: 5000n }, 'cat')
  add(MessagesDisappearedSchema, { seqs: [23] }, '')
  add(MemberJoinedSchema, { member: person('dan'), by: 'cat' }, 'dan')
  add(RoleChangedSchema, { user: 'cat', role: Role.ADMIN }, 'ann')
  add(NicknameChangedSchema, { user: 'dan', nickname: 'Danny' }, 'dan')
  add(MemberMutedSchema, { user: 'dan', untilMs: 99n }, 'cat')
  add(GroupChangedSchema, { settings: { history: true, announcement: 'Tea at five' } }, 'ann')
  add(PictureChangedSchema, { blob: 'gate' }, 'cat')
  add(DisappearingChangedSchema, { seconds: 3600 }, 'ann')
  add(MemberRemovedSchema, { users: ['dan'] }, 'cat')
  add(MessageEditedSchema, { seq: 21, content: said('ann alone', 'ann') }, 'cat')
  add(MessageSentSchema, { content: said('taken back') }, 'cat')
  add(MessageEditedSchema, { seq: 34, content: said('taken back in other words', 'ann') }, 'cat')
  add(MessageRecalledSchema, { seq: 34 }, 'cat')
  add(RoleChangedSchema, { user: 'cat', role: Role.OWNER }, 'ann')
  return events
}

function said(text: string, ...users: string[]): MessageInitShape<typeof ContentSchema> {
  const mentions = users.map((user) => ({ user, start: 0, length: 1 }))
  return { kind: { case: 'text', value: text }, mentions }
}

/** The events as a server shows them that has reached `head`: bodies that were taken back are gone (LOG12). */
function seenAt(events: readonly LogEvent[], head: number): LogEvent[] {
  const seen = events.filter(({ seq }) => seq <= head)
  const gone = new Set<number>()
  for (const { kind, body } of seen) {
    if (kind === kindOf(MessageRecalledSchema)) gone.add(fromBinary(MessageRecalledSchema, body).seq)
    if (kind === kindOf(MessagesDisappearedSchema))
      for (const seq of fromBinary(MessagesDisappearedSchema, body).seqs) gone.add(seq)
  }
  const erased = ({ seq, kind, body }: LogEvent): boolean =>
    gone.has(seq) ||
    (kind === kindOf(MessageEditedSchema) && gone.has(fromBinary(MessageEditedSchema, body).seq))
  return seen.map((event) => (erased(event) ? { ...event, body: new Uint8Array() } : event))
}

function rowsOf(events: readonly LogEvent[]): Rows {
  const rows = new Rows(LOG, context)
  for (const event of events) folds.apply(rows, event)
  return rows
}

const start: ConversationRecord = emptyRecord(LOG)
const member = (user: string, read = 0): Member => ({
  person: person(user),
  role: 'member',
  delivered: read,
  read,
  nickname: '',
  mutedUntilMs: 0,
})

function recordOf(events: readonly LogEvent[], from: ConversationRecord = start): ConversationRecord {
  return events.reduce((record, event) => withEvent(record, event, folds, context), from)
}

describe('LOG15: the old state plus the events equals a fresh state', () => {
  const events = script()

  it.each(events.map(({ seq, kind }) => ({ seq, kind })))('at event $seq of kind $kind', ({ seq }) => {
    const old = rowsOf(seenAt(events, seq))
    for (const event of events.slice(seq)) folds.apply(old, event)
    expect(old.messages).toEqual(rowsOf(seenAt(events, events.length)).messages)
    const record = recordOf(events.slice(seq), recordOf(seenAt(events, seq)))
    expect(record).toEqual(recordOf(seenAt(events, events.length)))
  })

  it('and it is the state one expects', () => {
    const rows = rowsOf(seenAt(events, events.length)).messages
    expect(rows.map(({ seq, body }) => [seq, body.kind])).toEqual([
      [1, 'note'],
      [2, 'text'],
      [3, 'text'],
      [4, 'note'],
      [5, 'recalled'],
      [9, 'note'],
      [10, 'feature'],
      [12, 'picture'],
      [13, 'file'],
      [14, 'note'],
      [15, 'note'],
      [17, 'recalled'],
      [19, 'text'],
      [21, 'text'],
      [23, 'disappeared'],
      [25, 'note'],
      [26, 'note'],
      [28, 'note'],
      [29, 'note'],
      [30, 'note'],
      [31, 'note'],
      [32, 'note'],
      [34, 'recalled'],
      [37, 'note'],
    ])
    expect(rows[1]?.extras).toEqual({ reactions: ['cat👍'] })
    const record = recordOf(events)
    expect(record).toMatchObject({
      group: true,
      title: 'Gate',
      cursor: events.length,
      unreadSeqs: [2, 10, 12, 13, 19, 21],
      mentionSeqs: [21],
      picture: 'gate',
      disappearS: 3600,
      settings: { history: true, announcement: 'Tea at five', inviting: 'members' },
      memberCount: 2,
      stale: false,
    })
    expect(record.members.map(({ person: { user }, role, read }) => [user, role, read])).toEqual([
      ['ann', 'admin', 0],
      ['cat', 'owner', 3],
    ])
    expect(rows.find(({ seq }) => seq === 3)).toMatchObject({ body: { text: 'two!' }, editedAtMs: 1022 })
    expect(rows.find(({ seq }) => seq === 34)).toMatchObject({ mentions: [], editedAtMs: 0 })
  })

  it('any stretch, with those later events that touch it, shows what the whole shows of it', () => {
    const now = seenAt(events, events.length)
    const whole = rowsOf(now).messages
    for (let first = 1; first <= now.length; first += 3) {
      for (let last = first; last <= now.length; last += 4) {
        const rows = rowsOf(now.slice(first - 1, last))
        rows.growing = false
        for (const event of now.slice(last)) {
          const touching = folds.targets(event)
          if (touching.some((seq) => seq === 0 || (seq >= first && seq <= last))) folds.apply(rows, event)
        }
        expect(rows.messages).toEqual(whole.filter(({ seq }) => seq >= first && seq <= last))
      }
    }
  })

  it('a row keeps the id of its key only for its author', () => {
    const rows = rowsOf(events).messages
    expect(rows.find(({ seq }) => seq === 3)?.id).toBe('03'.repeat(16))
    expect(rows.find(({ seq }) => seq === 2)?.id).toBe('2')
  })
})

describe('a snapshot', () => {
  const events = script()

  function stateAt(head: number, recent: number): State {
    const state = new State()
    state.session = { me: person('ann'), device: 'd', admin: false }
    applySnapshot(new Change(state), folds, conversationAt(head, recent))
    return state
  }

  function conversationAt(head: number, recent: number) {
    const record = recordOf(seenAt(events, head))
    return create(ConversationSchema, {
      log: LOG,
      group: record.group,
      title: record.title,
      memberCount: record.memberCount,
      members: record.members.map(({ person: profile, role, delivered, read, nickname, mutedUntilMs }) => ({
        profile,
        role: toWireRole(role),
        delivered,
        read,
        nickname,
        mutedUntilMs: BigInt(mutedUntilMs),
      })),
      picture: record.picture,
      disappearS: record.disappearS,
      ...(record.settings && { settings: { ...record.settings, inviting: Inviting.MEMBERS } }),
      ...mentionsOf(record),
      head,
      joined: 1,
      unread: unreadOf(record),
      recent: seenAt(events, head)
        .slice(-recent)
        .map(({ atMs, ...rest }) => create(EventSchema, { ...rest, atMs: BigInt(atMs) })),
    })
  }

  it.each([3, 5, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34, 37])(
    'at %i, then the events, equals a snapshot at the end',
    (head) => {
      const state = stateAt(head, 3)
      intakeEvents(new Change(state), folds, LOG, events.slice(head))
      const caughtUp = state.conversations.get(LOG)
      const fresh = stateAt(events.length, 3).conversations.get(LOG)
      expect(caughtUp).toMatchObject({
        members: fresh?.members,
        title: fresh?.title,
        cursor: fresh?.cursor,
        last: fresh?.last,
        picture: fresh?.picture,
        settings: fresh?.settings,
        disappearS: fresh?.disappearS,
        memberCount: fresh?.memberCount,
      })
      if (fresh !== undefined && caughtUp?.stale === false)
        expect(mentionsOf(caughtUp)).toEqual(mentionsOf(fresh))
      if (caughtUp?.stale !== true)
        expect(caughtUp === undefined ? -1 : unreadOf(caughtUp)).toBe(
          fresh === undefined ? -2 : unreadOf(fresh),
        )
    },
  )

  it('that overlaps what is known brings only what is new', () => {
    const state = stateAt(10, 10)
    const change = new Change(state)
    expect(applySnapshot(change, folds, conversationAt(17, 10))).toBe(false)
    expect(change.committed.events.map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15, 16, 17])
    expect(change.committed.reloaded.size).toBe(0)
    expect(state.conversations.get(LOG)?.cursor).toBe(17)
  })

  it('that is older than what is known moves marks and nothing else', () => {
    const state = stateAt(17, 10)
    const change = new Change(state)
    expect(applySnapshot(change, folds, conversationAt(10, 10))).toBe(false)
    expect(state.conversations.get(LOG)?.title).toBe('Gate')
    expect(state.conversations.get(LOG)?.cursor).toBe(17)
  })

  it('whose events are not whole is not believed', () => {
    const broken = conversationAt(10, 5)
    broken.recent.splice(1, 1)
    const state = new State()
    state.session = { me: person('ann'), device: 'd', admin: false }
    expect(applySnapshot(new Change(state), folds, broken)).toBe(true)
    expect(state.conversations.get(LOG)).toMatchObject({ low: 11, cursor: 10, last: null })
  })
})

describe('unread', () => {
  it('counts without end, remembers only the newest', () => {
    const [, message] = script()
    let record = {
      ...start,
      members: [member('ann')],
    } as ConversationRecord
    for (let seq = 1; seq <= UNREAD_SEQS_MAX + 50; seq++) {
      if (message !== undefined) record = withEvent(record, { ...message, seq }, folds, context)
    }
    expect(unreadOf(record)).toBe(UNREAD_SEQS_MAX + 50)
    expect(record.unreadSeqs.length).toBe(UNREAD_SEQS_MAX)
    expect(unreadOf(withMark(record, 'ann', { user: 'ann', delivered: 0, read: 51 }))).toBe(
      UNREAD_SEQS_MAX - 1,
    )
    expect(unreadOf(withMark(record, 'ann', { user: 'ann', delivered: 0, read: UNREAD_SEQS_MAX + 50 }))).toBe(
      0,
    )
  })

  it('a recalled message that is only counted is counted no longer', () => {
    const members = [member('ann', 3)]
    const record = { ...start, members, cursor: 20, low: 10, unreadFloor: 10, unreadBelow: 2 }
    const recall = (seq: number, author: string): number => {
      const body = toBinary(MessageRecalledSchema, create(MessageRecalledSchema, { seq }))
      const kind = kindOf(MessageRecalledSchema)
      const event = { log: LOG, seq: 21, kind, author, atMs: 0, key: new Uint8Array(), body }
      return unreadOf(withEvent(record, event, folds, context))
    }
    expect(recall(5, 'bob')).toBe(1)
    expect(recall(5, 'ann')).toBe(2)
    expect(recall(2, 'bob')).toBe(2)
  })

  it('marks never go down', () => {
    const members = [member('ann', 5)]
    const record = { ...start, members }
    expect(withMark(record, 'ann', { user: 'ann', delivered: 3, read: 4 })).toBe(record)
  })
})

describe('hostile bodies', () => {
  it('bodies that do not decode change nothing', () => {
    for (const event of script()) {
      const broken = { ...event, body: new Uint8Array([0xff, 0xff, 0xff]) }
      expect(rowsOf([broken]).messages).toEqual([])
      expect(recordOf([broken])).toMatchObject({ members: [], title: '', cursor: event.seq })
    }
  })

  it('a fold that throws leaves out its event, the log goes on', () => {
    const faults: unknown[] = []
    const throwing: ModelFeature = {
      name: 'calls',
      folds: [
        eventFold(CallRecordedSchema, () => {
          throw new Error('oops')
        }),
      ],
    }
    const rows = new Rows(LOG, context)
    const guarded = new Folds([throwing], (error) => faults.push(error))
    for (const event of script()) guarded.apply(rows, event)
    expect(faults.length).toBe(1)
    expect(rows.newest?.seq).toBe(37)
  })

  it('toEvent turns 64-bit times into numbers', () => {
    expect(toEvent(create(EventSchema, { atMs: 1_700_000_000_000n })).atMs).toBe(1_700_000_000_000)
  })
})
