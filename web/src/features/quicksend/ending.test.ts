/** How a quick send ends: both ends with their letters and files; the channel and the path are in memory. */
import { get } from 'svelte/store'
import { beforeEach, expect, it, vi } from 'vitest'
import { FakeContext } from '../../model/testing/feature-context'
import type { Path } from '../../model/types'
import { Ending, QuickSend, StirredSchema } from '../../schema/quicksend_pb'
import type { Files } from '../transfers/api'
import { textOf } from './code'
import type { Role } from './letters'
import type { PathEvents } from './path'
import { QuickReceive } from './receive'
import { QuickSending } from './send'
import { ENGLISH } from './words'

type Line = Parameters<Files['opened']>[0]

/** A promise that is kept when the test says so. */
class Gate {
  open = (): void => undefined
  readonly passed = new Promise<void>((resolve) => (this.open = resolve))
}

const { FakePath } = vi.hoisted(() => ({
  /** A path without a network; how long it takes to be read is the test's to say. */
  FakePath: class FakePath {
    static readonly all: Partial<Record<Role, FakePath>> = {}
    readonly files: Files
    readonly events: PathEvents
    gate: Gate | null = null

    constructor(_signals: unknown, role: Role, files: Files, events: PathEvents) {
      this.files = files
      this.events = events
      FakePath.all[role] = this
    }
    moved(): void {
      // Nobody waits for it here.
    }
    async read(): Promise<Path> {
      await this.gate?.passed
      return 'direct'
    }
    close(): void {
      // There is nothing to let go of.
    }
  },
}))
vi.mock('./path', () => ({ QuickPath: FakePath }))
// A browser without a file system: what arrives stays in memory.
vi.stubGlobal('navigator', {})

const CHANNEL = 4821
const BYTES = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 13) & 255)
const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 10_000, interval: 2 })

/** What was heard has had its effect by then. */
const settled = () => new Promise((resolve) => setTimeout(resolve))

/** The server, with one channel between two. */
class FakeServer {
  readonly ends = [new FakeContext('', 'S'), new FakeContext('', 'R')] as const
  ending = Ending.UNSPECIFIED
  /** The receiver has heard of the end. */
  told = false
  /** Holds back what the receiver says. */
  gate: Gate | null = null
  readonly #letters: [Uint8Array[], Uint8Array[]] = [[], []]

  constructor() {
    const [sender, receiver] = this.ends
    receiver.randomBytes(7) // else both have the same secrets
    sender.answer(QuickSend.method.open, () => ({ channel: CHANNEL }))
    receiver.answer(QuickSend.method.join, () => ({}))
    for (const side of [0, 1] as const) this.#serve(side)
  }

  #serve(side: 0 | 1): void {
    const context = this.ends[side]
    context.answer(QuickSend.method.say, async ({ letter }) => {
      if (side === 1) await this.gate?.passed
      if (this.ending !== Ending.UNSPECIFIED || letter === undefined) throw new Error('This channel is over.')
      this.#letters[side].push(letter)
      this.#stir(this.ends[1 - side])
      return {}
    })
    context.answer(QuickSend.method.hear, ({ after }) => {
      const letters = this.#letters[side === 0 ? 1 : 0].slice(after)
      if (side === 1) this.told ||= this.ending !== Ending.UNSPECIFIED
      return { letters, ending: this.ending }
    })
    context.answer(QuickSend.method.leave, ({ ending = Ending.UNSPECIFIED }) => {
      if (this.ending === Ending.UNSPECIFIED) this.ending = ending
      this.ends.forEach((end) => this.#stir(end))
      return {}
    })
  }

  #stir(end: FakeContext | undefined): void {
    queueMicrotask(() => end?.notice(StirredSchema, { channel: CHANNEL }))
  }
}

function pathOf(role: Role): InstanceType<typeof FakePath> {
  const path = FakePath.all[role]
  if (path === undefined) throw new Error(`the ${role} has no path`)
  return path
}

/** Opens one line between the two. */
function connect(): void {
  const files = [pathOf('sender').files, pathOf('receiver').files] as const
  let isOpen = true
  const line = (side: 0 | 1): Line => ({
    room: true,
    send: (message) => {
      const other = side === 0 ? 1 : 0
      queueMicrotask(() => {
        if (isOpen) files[other].message(lines[other], message)
      })
    },
    close: () => {
      if (!isOpen) return
      isOpen = false
      files[0].closed(lines[0])
      files[1].closed(lines[1])
    },
  })
  const lines = [line(0), line(1)] as const
  files[0].opened(lines[0])
  files[1].opened(lines[1])
}

/** Two who have met; the receiver has said yes, and the path may open. */
async function accepted() {
  const server = new FakeServer()
  const sending = new QuickSending(server.ends[0])
  const receiving = new QuickReceive(server.ends[1])
  const [sent, received]: [string[], string[]] = [[], []]
  sending.state.subscribe(({ phase }) => sent.push(phase))
  receiving.state.subscribe(({ phase }) => received.push(phase))
  sending.send({ files: [{ path: 'a.bin', file: new File([BYTES], 'a.bin') }], folders: [] })
  await until(() => get(sending.state).code)
  const { code } = get(sending.state)
  receiving.join(code === null ? '' : textOf(code, ENGLISH))
  await until(() => get(receiving.state).phase === 'offered')
  receiving.accept()
  await until(() => get(sending.state).phase === 'connecting')
  return { server, sending, receiving, sent, received }
}

beforeEach(() => {
  delete FakePath.all.sender
  delete FakePath.all.receiver
})

it.each(['looks at its path', 'says so'])(
  'QUICK17: a sender that ends the channel while the receiver still %s takes nothing from it',
  async (what) => {
    const { server, sending, receiving, sent, received } = await accepted()
    const gate = new Gate()
    if (what === 'says so') server.gate = gate
    else pathOf('receiver').gate = gate
    connect()
    await until(() => server.told)
    expect(server.ending).toBe(Ending.DONE)
    expect(get(sending.state).phase).toBe('sent')
    gate.open()
    await until(() => received.includes('received'))
    await settled()
    expect(get(receiving.state)).toMatchObject({ phase: 'received', path: 'direct', problem: null })
    expect([...sent, ...received]).not.toContain('failed')
    const blob = (await receiving.received())?.blob(0, '')
    expect(Buffer.compare(new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0)), BYTES)).toBe(0)
  },
)

it('QUICK17: what becomes of the path after all has arrived is shown to nobody', async () => {
  const { server, receiving, received } = await accepted()
  const gate = new Gate()
  server.gate = gate
  connect()
  await until(() => received.includes('received'))
  const { events } = pathOf('receiver')
  events.onInterrupted()
  events.onPath('relayed')
  events.onBroken()
  gate.open()
  await until(() => server.told)
  await settled()
  expect(get(receiving.state)).toMatchObject({ phase: 'received', path: 'direct', problem: null })
  expect(received.at(-1)).toBe('received')
})

it('QUICK17: a sender whose page is left when all has arrived has not called it off', async () => {
  const { server, sending, received } = await accepted()
  pathOf('sender').gate = new Gate()
  server.gate = new Gate()
  connect()
  await until(() => received.includes('received'))
  sending.cancel()
  await until(() => server.told)
  await settled()
  expect(server.ending).toBe(Ending.DONE)
  expect(received.at(-1)).toBe('received')
})

it('QUICK17: a receiver that leaves when all has arrived has not called it off', async () => {
  const { server, sending, receiving, sent, received } = await accepted()
  const gate = new Gate()
  pathOf('sender').gate = gate
  server.gate = new Gate()
  connect()
  await until(() => received.includes('received'))
  receiving.leave()
  await until(() => server.ending)
  expect(server.ending).toBe(Ending.DONE)
  gate.open()
  await until(() => get(sending.state).phase === 'sent')
  expect(sent).not.toContain('failed')
})

it('QUICK7: a sender that calls it off before is heard', async () => {
  const { server, sending, receiving } = await accepted()
  sending.cancel()
  await until(() => get(receiving.state).phase === 'failed')
  expect(get(receiving.state).problem).toEqual({ key: 'quicksend.cancelled', values: {} })
  expect(server.ending).toBe(Ending.CANCELLED)
})
