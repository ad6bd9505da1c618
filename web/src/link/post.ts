/**
 * The POST carrier: for networks that let plain HTTP through and nothing else. The answer to the first
 * request names a session; after that one request at a time waits for what the server has to say, and
 * another at a time brings what this side says.
 */
import type { Bytes } from './bytes'
import { LOW_WATER_BYTES, type OpenCarrier } from './carrier'
import { frame, unframe } from './framing'

const HEADER = 'Hutong-Session'
/** What begins a connection comes within a moment of each other: it makes one request. */
const GATHER_MS = 15
/** The server answers a waiting request after 25 s. */
const ANSWER_WITHIN_MS = 40_000
/** Of one request; the server takes 1 MiB. */
const BODY_BYTES_MAX = 256 * 1024
/** The server sends less; what is longer is not read. */
const ANSWER_BYTES_MAX = 2 * 1024 * 1024

/** `url` is absolute and begins with http: or https:. */
export function postCarrier(url: string): OpenCarrier {
  return (events) => {
    const ending = new AbortController()
    let session = ''
    const queue: Bytes[] = []
    let waiting = 0
    let full = false
    let sending = false

    const isEnded = (): boolean => ending.signal.aborted
    const end = (): void => {
      if (isEnded()) return
      leave()
      events.onClose()
    }
    const leave = (): void => {
      ending.abort()
      if (session === '') return
      void fetch(url, { method: 'DELETE', headers: { [HEADER]: session }, keepalive: true }).catch(
        () => undefined,
      )
    }

    /** Sends one request and hands on what its answer brings. */
    const ask = async (messages: readonly Bytes[]): Promise<void> => {
      const timer = setTimeout(end, ANSWER_WITHIN_MS)
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: session === '' ? {} : { [HEADER]: session },
          body: frame(messages),
          cache: 'no-store',
          redirect: 'error',
          signal: ending.signal,
        })
        if (!response.ok || Number(response.headers.get('Content-Length')) > ANSWER_BYTES_MAX)
          throw new Error(`the server answered ${response.status}`)
        const answers = unframe(new Uint8Array(await response.arrayBuffer()))
        if (answers === null) throw new Error('the server answered something else')
        if (session === '') session = response.headers.get(HEADER) ?? ''
        for (const answer of answers) if (!isEnded()) events.onMessage(answer)
      } finally {
        clearTimeout(timer)
      }
    }

    /** Brings what waits, as much as one request takes. */
    const deliver = async (): Promise<void> => {
      let size = 0
      const tooMany = queue.findIndex(({ length }) => (size += length) > BODY_BYTES_MAX)
      const messages = queue.splice(0, tooMany === -1 ? queue.length : Math.max(tooMany, 1))
      await ask(messages)
      for (const { length } of messages) waiting -= length
      if (!full || waiting >= LOW_WATER_BYTES) return
      full = false
      if (!isEnded()) events.onDrained()
    }

    const deliverAll = async (): Promise<void> => {
      while (queue.length > 0 && !isEnded()) await deliver()
      sending = false
    }

    const listen = async (): Promise<void> => {
      while (!isEnded()) await ask([])
    }

    const begin = async (): Promise<void> => {
      await deliver()
      if (session === '') throw new Error('the server named no session')
      deliverAll().catch(end)
      await listen()
    }

    const sendSoon = (): void => {
      if (sending) return
      sending = true
      if (session === '') setTimeout(() => void begin().catch(end), GATHER_MS)
      else deliverAll().catch(end)
    }

    queueMicrotask(() => {
      if (!isEnded()) events.onOpen()
    })
    return {
      send(message) {
        if (isEnded()) return
        queue.push(message)
        waiting += message.length
        sendSoon()
      },
      waitingBytes() {
        full ||= waiting >= LOW_WATER_BYTES
        return waiting
      },
      close: leave,
    }
  }
}
