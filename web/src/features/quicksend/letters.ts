/**
 * What the two ends write to each other: three letters of SPAKE2, then sealed words (QUICK8 to QUICK12).
 * The same as `hutong/protocols/quicksend/letters.py`.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { AnswerSchema, LetterSchema, WordSchema, type Letter, type Word } from '../../schema/quicksend_pb'
import { passwordOf, type Code } from './code'
import { edwards25519 } from './group'
import { Exchange, toNumber } from './spake2'

const WORD_BYTES_MAX = 68 * 1024
const KEY_BYTES = 32
const NONCE_BYTES = 12
const NAMES = ['hutong quick send receiver', 'hutong quick send sender'] as const

/** A letter that breaks the rules, or shows that the other side has another code. */
export class LetterError extends Error {
  override readonly name = 'LetterError'
}

interface Keys {
  seal: CryptoKey
  open: CryptoKey
}

export type Role = 'sender' | 'receiver'

/** One end. Letters are written and read one after the other. */
export class Conversation {
  readonly #role: Role
  readonly #exchange: Exchange
  #keys: Keys | null = null
  #answered = false
  #written = 0
  #read = 0

  constructor(code: Code, random: Uint8Array, role: Role) {
    this.#role = role
    this.#exchange = new Exchange({
      group: edwards25519,
      role: role === 'receiver' ? 'a' : 'b',
      secret: toNumber(sha512(utf8ToBytes(`hutong quick send 1\n${passwordOf(code)}`))),
      random,
      names: NAMES,
      associated: String(code.number),
    })
  }

  /** The other side has shown that it knows the code. */
  get confirmed(): boolean {
    return this.#keys !== null
  }

  /** The receiver's first letter. */
  begin(): Letter {
    return create(LetterSchema, { kind: { case: 'share', value: this.#exchange.share } })
  }

  /** Takes the receiver's first letter; returns the sender's. Throws `LetterError`. */
  answer({ kind }: Letter): Letter {
    if (this.#role !== 'sender' || this.#answered || kind.case !== 'share')
      throw new LetterError('that is not how a receiver begins')
    this.#answered = true
    this.#finish(kind.value)
    const { share, confirmation } = this.#exchange
    return create(LetterSchema, {
      kind: { case: 'answer', value: create(AnswerSchema, { share, confirmation }) },
    })
  }

  /** Takes the receiver's confirmation. Rejects with `LetterError`. */
  async accept({ kind }: Letter): Promise<void> {
    if (!this.#answered || this.#keys !== null || kind.case !== 'confirmation')
      throw new LetterError('that is not how a receiver goes on')
    await this.#verify(kind.value)
  }

  /** Takes the sender's answer; returns the receiver's confirmation. Rejects with `LetterError`. */
  async confirm({ kind }: Letter): Promise<Letter> {
    if (this.#role !== 'receiver' || this.#keys !== null || kind.case !== 'answer')
      throw new LetterError('not a sender’s answer')
    this.#finish(kind.value.share)
    await this.#verify(kind.value.confirmation)
    return create(LetterSchema, { kind: { case: 'confirmation', value: this.#exchange.confirmation } })
  }

  async seal(word: Word): Promise<Letter> {
    const key = this.#confirmed().seal
    const iv = nonce(this.#written++)
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, toBinary(WordSchema, word))
    return create(LetterSchema, { kind: { case: 'sealed', value: new Uint8Array(sealed) } })
  }

  async open({ kind }: Letter): Promise<Word> {
    const key = this.#confirmed().open
    if (kind.case !== 'sealed' || kind.value.length > WORD_BYTES_MAX)
      throw new LetterError('not a sealed letter')
    const iv = nonce(this.#read)
    try {
      const sealed = kind.value as Uint8Array<ArrayBuffer>
      const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed)
      const word = fromBinary(WordSchema, new Uint8Array(opened))
      this.#read += 1
      return word
    } catch {
      throw new LetterError('somebody has changed a letter on its way')
    }
  }

  #finish(share: Uint8Array): void {
    try {
      this.#exchange.finish(share)
    } catch {
      throw new LetterError('that is no share')
    }
  }

  async #verify(confirmation: Uint8Array): Promise<void> {
    let shared: Uint8Array
    try {
      shared = this.#exchange.verify(confirmation)
    } catch {
      throw new LetterError('the other side has another code')
    }
    const material = hkdf(sha256, shared, undefined, utf8ToBytes('hutong quick send 1 keys'), 2 * KEY_BYTES)
    const [sender, receiver] = [material.slice(0, KEY_BYTES), material.slice(KEY_BYTES)]
    const [ours, theirs] = this.#role === 'sender' ? [sender, receiver] : [receiver, sender]
    this.#keys = { seal: await keyOf(ours, 'encrypt'), open: await keyOf(theirs, 'decrypt') }
  }

  #confirmed(): Keys {
    if (this.#keys === null) throw new LetterError('nothing is confirmed yet')
    return this.#keys
  }
}

function keyOf(bytes: Uint8Array, use: KeyUsage): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new Uint8Array(bytes), 'AES-GCM', false, [use])
}

function nonce(number: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(NONCE_BYTES)
  new DataView(bytes.buffer).setUint32(NONCE_BYTES - 4, number)
  return bytes
}
