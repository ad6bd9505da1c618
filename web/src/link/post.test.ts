/// <reference types="node" />
/** The POST carrier against a real HTTP server that does what the server side promises. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bytes } from './bytes'
import { LOW_WATER_BYTES, type Carrier } from './carrier'
import { frame, unframe } from './framing'
import { postCarrier } from './post'

const NAME = 'a'.repeat(43)
const bytes = (text: string): Bytes => new TextEncoder().encode(text)
const text = (message: Uint8Array): string => new TextDecoder().decode(message)

let server: Server
let carrier: Carrier
/** What arrived, one array for each request that brought anything. */
let brought: string[][]
let polls: ServerResponse[]
let sessions: (string | undefined)[]
let told: string[]
let deleted: (string | undefined)[]
/** Instead of the usual answer. */
let answer: ((response: ServerResponse, polled: boolean) => void) | null

beforeEach(async () => {
  brought = []
  polls = []
  sessions = []
  told = []
  deleted = []
  answer = null
  server = createServer((request, response) => void receive(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  carrier.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const session = request.headers['hutong-session']
  if (request.method === 'DELETE') {
    deleted.push(session as string)
    response.end()
    return
  }
  sessions.push(session as string | undefined)
  const messages = unframe(new Uint8Array(Buffer.concat(parts))) ?? []
  if (messages.length > 0) brought.push(messages.map(text))
  if (answer !== null) answer(response, messages.length === 0)
  else if (session === undefined) {
    response.setHeader('Hutong-Session', NAME)
    response.end(frame([bytes('accepted')]))
  } else if (messages.length === 0) polls.push(response)
  else response.end()
}

function open(): void {
  const { port } = server.address() as AddressInfo
  carrier = postCarrier(`http://127.0.0.1:${port}/link`)({
    onOpen: () => told.push('open'),
    onMessage: (message) => told.push(text(message)),
    onDrained: () => told.push('drained'),
    onClose: () => told.push('closed'),
  })
}

async function until(condition: () => boolean): Promise<void> {
  const endMs = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`never: ${condition.toString()}; told ${told.join()}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

describe('a session', () => {
  it('begins with what comes together in one request, then polls', async () => {
    open()
    await until(() => told.includes('open'))
    carrier.send(bytes('open'))
    carrier.send(bytes('early'))
    await until(() => polls.length === 1)
    expect(brought).toEqual([['open', 'early']])
    expect(sessions).toEqual([undefined, NAME])
    expect(told).toEqual(['open', 'accepted'])
  })

  it('hands on what polls bring, and asks again', async () => {
    open()
    carrier.send(bytes('open'))
    await until(() => polls.length === 1)
    polls[0]?.end(frame([bytes('one'), bytes('two')]))
    await until(() => polls.length === 2)
    polls[1]?.end()
    await until(() => polls.length === 3)
    expect(told).toEqual(['open', 'accepted', 'one', 'two'])
  })

  it('brings what is said while a poll waits, one request after the other, in order', async () => {
    open()
    carrier.send(bytes('open'))
    await until(() => polls.length === 1)
    const said = Array.from({ length: 30 }, (_, index) => `m${index}`)
    for (const message of said) {
      carrier.send(bytes(message))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await until(() => brought.flat().length === 31)
    expect(brought.flat().slice(1)).toEqual(said)
    expect(polls.length).toBe(1)
  })

  it('SEAL13: says what waits, and when less does', async () => {
    open()
    carrier.send(bytes('open'))
    await until(() => polls.length === 1)
    for (let index = 0; index < 20; index++) carrier.send(new Uint8Array(16_000))
    expect(carrier.waitingBytes()).toBe(320_000)
    await until(() => told.includes('drained'))
    expect(carrier.waitingBytes()).toBeLessThan(LOW_WATER_BYTES)
    // No request is larger than the server takes.
    expect(brought.length).toBeGreaterThan(2)
  })

  it('ends with DELETE, and tells nothing afterwards', async () => {
    open()
    carrier.send(bytes('open'))
    await until(() => polls.length === 1)
    carrier.close()
    await until(() => deleted.length === 1)
    expect(deleted).toEqual([NAME])
    expect(told).toEqual(['open', 'accepted'])
  })
})

describe('the carrier is lost', () => {
  const broken: [string, (response: ServerResponse) => void][] = [
    ['when the session is unknown', (response) => response.writeHead(404).end()],
    ['when the server has no room', (response) => response.writeHead(503).end()],
    ['when the connection breaks', (response) => response.destroy()],
    ['when the answer is a page of somebody else', (response) => response.end('<!doctype html>')],
    ['when the answer sends elsewhere', (response) => response.writeHead(302, { Location: '/' }).end()],
    ['when a message is too large', (response) => response.end(new Uint8Array(20_000).fill(0x50))],
  ]

  it.each(broken)('%s: at the beginning', async (_name, how) => {
    answer = how
    open()
    carrier.send(bytes('open'))
    await until(() => told.includes('closed'))
    expect(told).toEqual(['open', 'closed'])
  })

  it.each(broken)('%s: later', async (_name, how) => {
    open()
    carrier.send(bytes('open'))
    await until(() => polls.length === 1)
    answer = how
    carrier.send(bytes('more'))
    await until(() => told.includes('closed'))
    expect(told).toEqual(['open', 'accepted', 'closed'])
  })

  it('when the first answer names no session', async () => {
    answer = (response) => response.end()
    open()
    carrier.send(bytes('open'))
    await until(() => told.includes('closed'))
  })

  it('when there is no server', async () => {
    open()
    await new Promise((resolve) => server.close(resolve))
    carrier.send(bytes('open'))
    await until(() => told.includes('closed'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
})
