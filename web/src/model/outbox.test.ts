import 'fake-indexeddb/auto'
import { sha256 } from '@noble/hashes/sha2.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Files } from '../schema/files_pb'
import { Code } from '../schema/link_pb'
import { toHex } from '../link/bytes'
import type { Tabs } from './tabs'
import { FakeServer, Refusal } from './testing/fake-server'
import { current, startPhone, until, type Phone } from './testing/kit'
import { hashOf } from './upload'

const LOG = 'chat:1'

let server: FakeServer
let phones: Phone[]

beforeEach(() => {
  server = new FakeServer()
  phones = []
  for (const user of ['ann', 'bob']) server.addUser(user, user.toUpperCase())
  server.addRoom(LOG, ['ann', 'bob'])
})

afterEach(() => {
  for (const { app } of phones) app.close()
})

async function start(user = 'ann', options: Parameters<typeof startPhone>[2] = {}): Promise<Phone> {
  const phone = await startPhone(server, user, options)
  phones.push(phone)
  if (user !== '') await until(() => phone.summary(LOG) !== undefined && server.follows.size > 0)
  return phone
}

async function reload(phone: Phone): Promise<Phone> {
  const again = await phone.reload()
  phones.push(again)
  return again
}

/** What the log holds, in order. */
function said(): string[] {
  return (server.logs.get(LOG) ?? []).slice(1).map(({ body }) => new TextDecoder().decode(body.slice(4)))
}

describe('messages', () => {
  it('show at once, are sent in order, and keep their id', async () => {
    const phone = await start()
    const watched = phone.look(LOG)
    await until(() => !watched.timeline.loadingOlder)
    server.refuse = () => false // no answers for now
    for (const text of ['one', 'two', 'three']) await phone.app.chat.sendText(LOG, text)
    expect(watched.texts).toEqual(['one', 'two', 'three'])
    expect(watched.timeline.messages.map(({ delivery, seq }) => [delivery, seq])).toEqual([
      ['queued', 0],
      ['queued', 0],
      ['queued', 0],
    ])
    expect(phone.summary(LOG)?.last).toMatchObject({ body: { text: 'three' }, delivery: 'queued' })
    const ids = watched.timeline.messages.map(({ id }) => id)
    server.refuse = () => null
    server.disconnect()
    await until(() => watched.timeline.messages.every(({ delivery }) => delivery === 'sent'))
    expect(said()).toEqual(['one', 'two', 'three'])
    expect(watched.timeline.messages.map(({ id }) => id)).toEqual(ids)
    expect(watched.timeline.messages.map(({ seq }) => seq)).toEqual([2, 3, 4])
  })

  it('survive a reload, and are sent once', async () => {
    const phone = await start()
    server.reachable = false
    server.disconnect()
    for (const text of ['one', 'two']) await phone.app.chat.sendText(LOG, text)
    const again = await reload(phone)
    const watched = again.look(LOG)
    await until(() => watched.texts.length === 2)
    expect(watched.timeline.messages.map(({ delivery }) => delivery)).toEqual(['queued', 'queued'])
    server.reachable = true
    await until(() => watched.timeline.messages.every(({ delivery }) => delivery === 'sent'))
    expect(said()).toEqual(['one', 'two'])
  })

  it('CONN13: a message whose answer was lost is not said twice, not even after a reload', async () => {
    const phone = await start()
    server.fate = () => 'drop'
    server.loses = (method) => {
      server.reachable = false
      return method === 'send'
    }
    await phone.app.chat.sendText(LOG, 'once')
    await until(() => said().length === 1)
    server.loses = () => false
    const again = await reload(phone)
    server.reachable = true
    const watched = again.look(LOG)
    await until(() => watched.find('once')?.seq === 2)
    await again.app.chat.sendText(LOG, 'twice')
    await until(() => said().length === 2)
    expect(said()).toEqual(['once', 'twice'])
    expect(watched.texts).toEqual(['once', 'twice'])
  })

  it('an answer before the event: sent, then the row of the log', async () => {
    const phone = await start()
    const watched = phone.look(LOG)
    server.fate = () => 'late'
    await phone.app.chat.sendText(LOG, 'hello')
    await until(() => watched.find('hello')?.delivery === 'sent')
    const again = await reload(phone) // acknowledged: it is not sent again
    const later = again.look(LOG)
    await until(() => later.texts.length === 1)
    expect(server.asked('send').length).toBe(1)
    expect(later.timeline.messages.length).toBe(1)
  })

  it('a refused one fails with the reason of the server, the others go on; retry and discard', async () => {
    const phone = await start()
    const watched = phone.look(LOG)
    server.refuse = (method, request) => {
      if (method !== 'send' || !JSON.stringify(request, replaceBigInt).includes('bad')) return null
      return new Refusal(Code.PERMISSION_DENIED, 'You can only write to your contacts.', 'not_contacts')
    }
    for (const text of ['bad one', 'good', 'bad two']) await phone.app.chat.sendText(LOG, text)
    await until(() => watched.find('bad two')?.delivery === 'failed')
    const error = 'You can only write to your contacts.'
    expect(watched.find('bad one')).toMatchObject({ seq: 0, error, reason: 'not_contacts' })
    expect(said()).toEqual(['good'])
    await phone.app.chat.discard(LOG, watched.find('bad one')?.id ?? '')
    await until(() => watched.find('bad one') === undefined)
    server.refuse = () => null
    await phone.app.chat.retry(LOG, watched.find('bad two')?.id ?? '')
    await until(() => watched.find('bad two')?.delivery === 'sent')
    expect(said()).toEqual(['good', 'bad two'])
  })

  it('one that is thrown away while it waits for "later" does not keep the next waiting', async () => {
    const phone = await start()
    const watched = phone.look(LOG)
    let refused = 0
    server.refuse = (method, request) => {
      if (method !== 'send' || !JSON.stringify(request, replaceBigInt).includes('slow')) return null
      refused += 1
      return new Refusal(Code.RESOURCE_EXHAUSTED, 'Later.', 'slow_down', 3_600_000)
    }
    for (const text of ['slow', 'next']) await phone.app.chat.sendText(LOG, text)
    await until(() => refused > 0)
    await phone.app.chat.discard(LOG, watched.find('slow')?.id ?? '')
    await until(() => said().length === 1)
    expect(said()).toEqual(['next'])
  })

  it('waits when the server says later', async () => {
    const phone = await start()
    let refusals = 3
    server.refuse = (method) => {
      if (method !== 'send' || refusals-- <= 0) return null
      return new Refusal(Code.UNAVAILABLE, 'Busy.')
    }
    await phone.app.chat.sendText(LOG, 'patience')
    await until(() => said().length === 1)
  })

  it('drafts are kept', async () => {
    const phone = await start()
    phone.app.chat.saveDraft(LOG, 'unfinished')
    await until(() => phone.summary(LOG)?.draft === 'unfinished')
    const again = await reload(phone)
    expect(again.summary(LOG)?.draft).toBe('unfinished')
  })
})

describe('two tabs', () => {
  it('share one outbox: one sends, both show it, nothing is lost or doubled when the sender closes', async () => {
    const tabs = new FakeTabs()
    const first = await start('ann', { tabs: tabs.open() })
    const second = await start('', { tabs: tabs.open(), databaseName: first.databaseName })
    await until(() => current(second.app.session.link) === 'online' && second.summary(LOG) !== undefined)
    const watched = first.look(LOG)
    await second.app.chat.sendText(LOG, 'from the second')
    await until(() => watched.find('from the second')?.delivery === 'sent')
    server.refuse = (method) => (method === 'send' ? false : null)
    await second.app.chat.sendText(LOG, 'handed over')
    await until(() => watched.find('handed over')?.delivery === 'queued')
    server.refuse = () => null
    first.app.close()
    tabs.closeLeader()
    const other = second.look(LOG)
    await until(() => other.find('handed over')?.delivery === 'sent')
    expect(said()).toEqual(['from the second', 'handed over'])
  })

  it('signing out in one signs out the other', async () => {
    const tabs = new FakeTabs()
    const first = await start('ann', { tabs: tabs.open() })
    const second = await start('', { tabs: tabs.open(), databaseName: first.databaseName })
    await until(() => current(second.app.session.link) === 'online')
    await first.app.session.signOut()
    await until(() => current(second.app.session.session) === null)
    expect(current(second.app.chat.conversations)).toEqual([])
    await second.app.session.logIn('bob', 'x')
    await until(() => current(first.app.session.session)?.me.user === 'bob')
    await until(() => first.summary(LOG)?.title === 'ANN')
  })
})

describe('files', () => {
  const bytes = new Uint8Array(1_000_000).map((_, index) => (index * 7) % 251)
  let held: Uint8Array
  let stored: Map<string, Uint8Array>

  beforeEach(() => {
    held = new Uint8Array()
    stored = new Map()
    server.on(Files.method.begin, ({ sha256: digest }) => {
      const blob = toHex(digest)
      return stored.has(blob) ? { blob } : { upload: 'u1', offset: BigInt(held.length) }
    })
    server.on(Files.method.write, ({ offset, data }) => {
      if (Number(offset) > held.length)
        throw new Refusal(Code.FAILED_PRECONDITION, 'Gap.', `continue_at:${held.length}`)
      if (Number(offset) === held.length) held = joined(held, data)
      return { offset: BigInt(held.length) }
    })
    server.on(Files.method.finish, ({ upload }) => {
      const blob = stored.has(upload) ? upload : toHex(sha256(held))
      stored.set(blob, stored.get(blob) ?? held)
      return { blob, thumbnail: 'thumb', width: 40, height: 30, mediaType: 'image/png' }
    })
    server.on(Files.method.read, ({ blob, offset, length }) => {
      const all = stored.get(blob)
      if (all === undefined) throw new Refusal(Code.NOT_FOUND)
      return { data: all.slice(Number(offset), Number(offset) + length), sizeBytes: BigInt(all.length) }
    })
  })

  it('a picture is uploaded, then sent with what the server found out about it', async () => {
    const phone = await start()
    const watched = phone.look(LOG)
    server.refuse = (method) => (method === 'finish' ? false : null)
    await phone.app.chat.sendPicture(LOG, new File([bytes], 'a/b.png', { type: 'image/png' }))
    await until(() => watched.timeline.messages[0]?.progress === 1)
    const [waiting] = watched.timeline.messages
    expect(waiting).toMatchObject({ body: { kind: 'picture', name: 'ab.png' }, delivery: 'queued' })
    const local = waiting?.body.kind === 'picture' ? waiting.body.blob : ''
    expect(await phone.app.files.url(local, 'image/png')).toMatch(/^blob:/)
    server.refuse = () => null
    server.disconnect()
    await until(() => watched.timeline.messages[0]?.delivery === 'sent')
    expect(watched.timeline.messages[0]?.body).toEqual({
      kind: 'picture',
      blob: toHex(sha256(bytes)),
      thumbnail: 'thumb',
      width: 40,
      height: 30,
      name: 'ab.png',
      sizeBytes: 1_000_000,
      mediaType: 'image/png',
      original: '',
      originalBytes: 0,
    })
    expect(toHex(sha256(held))).toBe(toHex(sha256(bytes)))
  })

  it('an upload keeps nobody waiting but what is said after it in the same conversation', async () => {
    server.addUser('cat', 'CAT')
    server.addRoom('chat:2', ['ann', 'cat'])
    const phone = await start()
    await until(() => phone.summary('chat:2') !== undefined)
    server.refuse = (method) => (method === 'write' ? false : null) // the upload does not move
    const file = new File([new Uint8Array(400_000)], 'slow.bin')
    await phone.app.chat.sendStoredFile(LOG, file)
    await phone.app.chat.sendText(LOG, 'after it')
    await phone.app.chat.sendText('chat:2', 'elsewhere')
    await until(() => phone.summary('chat:2')?.last?.delivery === 'sent')
    expect(said()).toEqual([])
    server.refuse = () => null
    server.disconnect()
    const watched = phone.look(LOG)
    await until(() => watched.find('after it')?.delivery === 'sent')
    expect(watched.timeline.messages.map(({ body }) => body.kind)).toEqual(['file', 'text'])
  })

  it('an upload goes on when what waits behind it is thrown away', async () => {
    const phone = await start()
    const watched = phone.look(LOG)
    server.refuse = (method) => (method === 'write' ? false : null) // the upload does not move
    await phone.app.chat.sendStoredFile(LOG, new File([new Uint8Array(400_000)], 'slow.bin'))
    await phone.app.chat.sendText(LOG, 'not that')
    await until(() => server.asked('begin').length === 1)
    await phone.app.chat.discard(LOG, watched.find('not that')?.id ?? '')
    server.refuse = () => null
    server.disconnect()
    await until(() => watched.timeline.messages[0]?.delivery === 'sent')
    expect(server.asked('begin').length).toBe(1)
    expect(watched.texts).toHaveLength(1)
  })

  it('every kind of content arrives as it was said', async () => {
    const phone = await start()
    const watched = phone.look(LOG)
    const place = {
      kind: 'location',
      latitude: 39.9361,
      longitude: -116.4,
      name: 'Gate',
      address: '',
    } as const
    const poll = {
      kind: 'poll',
      question: 'Tea?',
      options: ['a', 'b'],
      multiple: true,
      closesAtMs: 9,
    } as const
    const mentions = [{ user: 'bob', start: 0, length: 3 }]
    await phone.app.chat.send(LOG, place, { replyTo: 1 })
    await phone.app.chat.send(LOG, poll)
    await phone.app.chat.sendText(LOG, '@me', { mentions })
    await phone.app.chat.sendFile(LOG, {
      as: 'voice',
      file: new Blob([new Uint8Array(9)], { type: 'audio/ogg' }),
      durationMs: 700,
      waveform: [1, 255],
    })
    await until(() => watched.timeline.messages.length === 4)
    await until(() => watched.timeline.messages.every(({ seq }) => seq > 0))
    const [first, second, third, fourth] = watched.timeline.messages
    expect(first).toMatchObject({ body: place, replyTo: 1 })
    expect(second?.body).toEqual(poll)
    expect(third).toMatchObject({ body: { text: '@me' }, mentions })
    expect(fourth?.body).toMatchObject({ kind: 'voice', durationMs: 700, waveform: [1, 255], sizeBytes: 9 })
    await phone.app.chat.edit(LOG, third?.seq ?? 0, { kind: 'text', text: 'in other words' })
    await until(() => watched.find('in other words')?.editedAtMs !== undefined)
    const wordings = await phone.app.chat.history(LOG, third?.seq ?? 0)
    expect(wordings.map(({ content }) => content)).toEqual([
      { kind: 'text', text: '@me' },
      { kind: 'text', text: 'in other words' },
    ])
  })

  it('an upload continues where it ended, across a reload', async () => {
    const phone = await start()
    let writes = 0
    server.refuse = (method) => (method === 'write' && ++writes > 2 ? false : null)
    await phone.app.chat.sendStoredFile(LOG, new File([bytes], 'data.bin'))
    await until(() => held.length === 2 * 256 * 1024)
    server.reachable = false
    const again = await reload(phone)
    server.refuse = () => null
    server.reachable = true
    const watched = again.look(LOG)
    await until(() => watched.timeline.messages[0]?.delivery === 'sent')
    expect(toHex(sha256(held))).toBe(toHex(sha256(bytes)))
    const offsets = server.asked('write').map((request) => Number((request as { offset: bigint }).offset))
    expect(offsets.filter((offset) => offset === 0).length).toBe(1)
  })

  it('a chunk the server did not take is sent again', async () => {
    const phone = await start()
    let lost = false
    server.refuse = (method, request) => {
      if (method !== 'write' || lost || (request as { offset: bigint }).offset === 0n) return null
      lost = true
      return new Refusal(Code.FAILED_PRECONDITION, 'Gap.', `continue_at:${held.length}`)
    }
    expect(await phone.app.files.upload(new Blob([bytes]))).toBe(toHex(sha256(bytes)))
    expect(toHex(sha256(held))).toBe(toHex(sha256(bytes)))
  })

  it('what the server has is not uploaded again; what was uploaded is not downloaded', async () => {
    const phone = await start()
    stored.set(toHex(sha256(bytes)), bytes)
    const blob = await phone.app.files.upload(new Blob([bytes]))
    expect(server.asked('write')).toEqual([])
    await phone.app.files.url(blob)
    expect(server.calls.filter(({ method }) => method === 'read').length).toBe(1) // the inbox's head
  })

  it('a download is checked, cached and handed over', async () => {
    const saved: [number, string][] = []
    const phone = await start('ann', { saveBlob: (data, name) => saved.push([data.size, name]) })
    const blob = toHex(sha256(bytes))
    stored.set(blob, bytes)
    const progress: number[] = []
    await phone.app.files.save(blob, 'x.bin', 'text/plain', (done) => progress.push(done))
    expect(saved).toEqual([[1_000_000, 'x.bin']])
    expect(progress.at(-1)).toBe(1_000_000)
    stored.clear()
    await phone.app.files.save(blob, 'y.bin', 'text/plain')
    expect(saved.length).toBe(2)
    stored.set('00', bytes)
    await expect(phone.app.files.url('00')).rejects.toMatchObject({ reason: 'damaged' })
  })

  it('hashes piece by piece what one hash gives', async () => {
    const large = new Uint8Array(3_000_000).fill(3)
    expect(toHex(await hashOf(new Blob([large])))).toBe(toHex(sha256(large)))
  })
})

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}

function replaceBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

/** Tabs of one browser without Web Locks and BroadcastChannel: the same contract, in one process. */
class FakeTabs {
  readonly #hearers: { hear: (message: 'outbox' | 'session') => void; tab: number }[] = []
  readonly #waiting: (() => void)[] = []
  #leader = false
  #tabs = 0

  open(): Tabs {
    const tab = ++this.#tabs
    return {
      whenLeading: (lead) => {
        if (this.#leader) this.#waiting.push(lead)
        else {
          this.#leader = true
          lead()
        }
      },
      announce: (message) =>
        setTimeout(() => {
          for (const hearer of this.#hearers) if (hearer.tab !== tab) hearer.hear(message)
        }, 0),
      listen: (hear) => this.#hearers.push({ hear, tab }),
      close: () =>
        this.#hearers.splice(0, this.#hearers.length, ...this.#hearers.filter((h) => h.tab !== tab)),
    }
  }

  closeLeader(): void {
    this.#waiting.shift()?.()
  }
}
