/** The vectors of the sealed layer that the Python and the TypeScript code have in common. */
import { fromBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import vectors from '../../../../schema/vectors/sealed.json'
import { Priority } from '../../schema/options_pb'
import { HelloSchema, Refusal, SignedManifestSchema } from '../../schema/sealed_pb'
import { concatenate, fromHex, isEqual, toHex, type Bytes } from '../bytes'
import { ManualClock } from '../testing'
import { SealedChannel } from './channel'
import { expand, sha256, toSecret, type Secret } from './hkdf'
import { sharedSecret } from './hpke'
import { ServerIdentity } from './identity'
import { directionKeys, earlyKeys, mainKeys } from './keys'
import { ManifestError, verifyManifest } from './manifest'
import { OPEN_HEADER_BYTES, openInfo } from './opening'
import { bucketOf, pad, unpad } from './padding'
import { fragmentsOf } from './queue'
import { Reassembly } from './reassembly'
import { Opener, Sealer } from './record'
import { FakeCore, hpkeOpen, MemoryStore } from './testing'
import { exchangeOf, type Exchange } from './x25519'

const NOTHING: Bytes = new Uint8Array()
const CLASSES = [Priority.MESSAGE, Priority.CONTROL, Priority.BULK]
const HOUR_MS = 3_600_000
const PKCS8 = fromHex('302e020100300506032b656e04220420')

async function exchange(privateKey: string, publicKey: Bytes = NOTHING): Promise<Exchange> {
  const bytes = concatenate([PKCS8, fromHex(privateKey)])
  return exchangeOf(await crypto.subtle.importKey('pkcs8', bytes, 'X25519', false, ['deriveBits']), publicKey)
}

/** Secrets cannot be read: two are the same when they make the same. */
async function isSecret(secret: Secret, hex: string): Promise<boolean> {
  const [made, expected] = await Promise.all(
    [secret, await toSecret(fromHex(hex))].map((each) => expand(each, 'test', NOTHING, 32)),
  )
  return made !== undefined && expected !== undefined && isEqual(made, expected)
}

interface Spoken {
  class: number
  message: string
  records: string[]
  change_keys?: boolean
}

/** What one side says comes out as the vectors have it, and is understood. */
async function speaks(
  secret: string,
  spoken: readonly Spoken[],
  early = false,
  before?: { sealer: Sealer; opener: Opener },
): Promise<{ sealer: Sealer; opener: Opener }> {
  const keys = await directionKeys(await toSecret(fromHex(secret)))
  const sealer = new Sealer(keys, early, 0, before?.sealer.counts)
  const opener = new Opener(keys, early, before?.opener.counts)
  const reassembly = new Reassembly()
  let nowMs = 0
  for (const { class: priority, message, records, change_keys } of spoken) {
    if (change_keys === true) nowMs += HOUR_MS
    const fragments = [...fragmentsOf(CLASSES[priority] ?? Priority.MESSAGE, fromHex(message))]
    const sealed = await Promise.all(fragments.map((fragment) => sealer.seal(fragment, nowMs)))
    expect(sealed.map(toHex)).toEqual(records)
    const opened = await opener.open(records.map(fromHex))
    const messages = opened.map((fragment) => reassembly.add(fragment)).filter((whole) => whole !== null)
    expect(messages.map(toHex)).toEqual([message])
  }
  return { sealer, opener }
}

describe('padding', () => {
  it.each(vectors.padding)('SEAL11: %i bytes are padded to %i', (size = 0, padded = 0) => {
    expect(bucketOf(size)).toBe(padded)
    const payload = new Uint8Array(size - 1).fill(1)
    expect(pad(payload, true).length).toBe(padded)
    expect(unpad(pad(payload, false))).toEqual({ payload, last: false })
  })
})

describe('keys', () => {
  it.each(vectors.expand)('SEAL5: expand of $label', async ({ label, secret, context, bytes, out }) => {
    const made = await expand(await toSecret(fromHex(secret)), label, fromHex(context), bytes)
    expect(toHex(made)).toBe(out)
  })

  it.each(vectors.sessions)('SEAL4, SEAL5, SEAL6: a connection $name', async (session) => {
    const [exporter, open, accept] = [session.exporter, session.open, session.accept].map(fromHex) as [
      Bytes,
      Bytes,
      Bytes,
    ]
    const service = await exchange(session.service_private, fromHex(session.service_public))
    const enc = open.slice(OPEN_HEADER_BYTES, OPEN_HEADER_BYTES + 32)
    const info = openInfo(open.slice(0, OPEN_HEADER_BYTES), exporter)
    const hello = fromBinary(
      HelloSchema,
      await hpkeOpen(service, enc, info, open.slice(OPEN_HEADER_BYTES + 32)),
    )
    expect(toHex(hello.secret)).toBe(session.client_secret)
    const { early, binding, client } = await earlyKeys(exporter, open, fromHex(session.client_secret))
    expect(await isSecret(early, session.early_secret)).toBe(true)
    expect(await isSecret(client.secret, session.client_early_secret)).toBe(true)
    expect(toHex(binding)).toBe(session.binding)
    const mine = await exchange(session.client_ephemeral_private)
    const transcript = await sha256(exporter, open, accept)
    const keys = await mainKeys(early, await mine.agree(accept.slice(1)), transcript)
    expect(await isSecret(keys.client.secret, session.client_main_secret)).toBe(true)
    expect(await isSecret(keys.core.secret, session.core_main_secret)).toBe(true)
  })

  it.each(vectors.sessions)('SEAL7, SEAL8, SEAL10, SEAL12: what is said $name', async (session) => {
    const before = await speaks(session.client_early_secret, session.early, true)
    await speaks(session.client_main_secret, session.client, false, before)
    await speaks(session.core_main_secret, session.core)
  })
})

describe('arrivals', () => {
  it.each(['one by one', 'all at once'])('SEAL3, SEAL8, SEAL9: %s', async (how) => {
    for (const { name, secret, records, delivered, ends } of vectors.arrivals) {
      const opener = new Opener(await directionKeys(await toSecret(fromHex(secret))), false)
      const reassembly = new Reassembly()
      const got: string[] = []
      let ended = false
      const batches = how === 'one by one' ? records.map((record) => [record]) : [records]
      try {
        for (const batch of batches) {
          for (const fragment of await opener.open(batch.map(fromHex))) {
            const message = reassembly.add(fragment)
            if (message !== null) got.push(toHex(message))
          }
        }
      } catch {
        ended = true
      }
      expect({ name, ended }).toEqual({ name, ended: ends })
      // Of a batch that is not right nothing counts.
      if (!ended || how === 'one by one') expect({ name, got }).toEqual({ name, got: delivered })
    }
  })
})

describe('answers', () => {
  it.each(vectors.answers)('SEAL3: to an OPEN: $name', async ({ message, refused }) => {
    const clock = new ManualClock()
    const core = await FakeCore.create(clock.nowMs())
    const identity = new ServerIdentity(new MemoryStore(), clock, () => undefined)
    core.accepts = false
    await identity.accept(await core.manifest())
    const ended = new Promise<string>((resolve) => {
      new SealedChannel({
        open: core.carriers(),
        identity,
        route: NOTHING,
        clock,
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        events: {
          onOpening: () => queueMicrotask(() => core.newest.sendBytes(fromHex(message))),
          onVerified: () => resolve('verified'),
          onMessage: () => resolve('message'),
          onEnd: resolve,
        },
      })
    })
    const byRefusal: Record<string, string[]> = {
      [Refusal[Refusal.BUSY]]: ['busy'],
      [Refusal[Refusal.VERSION]]: ['outdated'],
    }
    // A manifest in them is another server's than the one that was pinned here.
    const expected = byRefusal[refused?.replace('REFUSAL_', '') ?? ''] ?? ['broken', 'other_root', 'untrue']
    expect(expected).toContain(await ended)
  })
})

describe('manifests', () => {
  it.each(vectors.manifests)(
    'SEAL17, SEAL18: $name',
    async ({ signed, pinned_root, seen_epoch, now_ms, believed }) => {
      const pin = pinned_root === '' ? null : { root: fromHex(pinned_root), epoch: seen_epoch }
      const verified = Promise.resolve()
        .then(() => verifyManifest(fromBinary(SignedManifestSchema, fromHex(signed)), pin, Number(now_ms)))
        .then(
          () => true,
          (error: unknown) => (error instanceof ManifestError || pin === null ? false : error),
        )
      expect(await verified).toBe(believed)
    },
  )
})

describe('HPKE', () => {
  it('RFC 9180, A.1.1: what DHKEM(X25519, HKDF-SHA256) agrees on', async () => {
    const enc = fromHex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431')
    const recipient = fromHex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d')
    const mine = await exchange('52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736')
    const theirs = await exchange('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8')
    const agreed = 'fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc'
    expect(await isSecret(await sharedSecret(await mine.agree(recipient), enc, recipient), agreed)).toBe(true)
    expect(await isSecret(await sharedSecret(await theirs.agree(enc), enc, recipient), agreed)).toBe(true)
  })
})
