/** The vectors that the Python and the TypeScript code have in common. */
import { readFileSync } from 'node:fs'
import { p256 } from '@noble/curves/nist.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { LetterSchema, WordSchema } from '../../schema/quicksend_pb'
import { CodeError, makeCode, parseCode, passwordOf, textOf } from './code'
import { edwards25519, type Group } from './group'
import { Conversation, LetterError } from './letters'
import { Exchange, Spake2Error, toNumber } from './spake2'
import { CHINESE, ENGLISH } from './words'

type Run = Record<
  'a' | 'b' | 'w' | 'x' | 'y' | 'share_a' | 'share_b' | 'shared' | 'confirmation_a' | 'confirmation_b',
  string
> & { associated?: string }

function read(name: string): unknown {
  const path = new URL(`../../../../schema/vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8'))
}

const spake2 = read('spake2') as { p256: Run[]; edwards25519: Run[]; invalid: { shares: string[] } }
const quicksend = read('quicksend') as {
  words: { english: string; chinese: string }
  codes: { value: string; password: string; english: string; chinese: string; readings: string[] }[]
  refused: { text: string; reason: string; word: string }[]
  letters: Record<
    'code' | 'receiver_random' | 'sender_random' | 'share' | 'answer' | 'confirmation',
    string
  > &
    Record<'sender_words' | 'sender_sealed' | 'receiver_words' | 'receiver_sealed', string[]>
}

const { Point } = p256
const point = (element: Uint8Array) => Point.fromBytes(element)
/** For RFC 9382's own vectors. */
const nist: Group = {
  order: Point.Fn.ORDER,
  m: hexToBytes('02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f'),
  n: hexToBytes('03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49'),
  base: (scalar) => Point.BASE.multiply(scalar).toBytes(false),
  multiply: (element, scalar) => point(element).multiply(scalar).toBytes(false),
  blind: (element, scalar) => point(element).multiply(scalar).toBytes(false),
  add: (one, other) => point(one).add(point(other)).toBytes(false),
  subtract: (one, other) => point(one).subtract(point(other)).toBytes(false),
  check: (element) => point(element).assertValidity(),
}

function exchange(group: Group, role: 'a' | 'b', run: Run): Exchange {
  return new Exchange({
    group,
    role,
    secret: toNumber(hexToBytes(run.w)),
    random: hexToBytes((role === 'a' ? run.x : run.y).padStart(128, '0')),
    names: [run.a, run.b],
    associated: run.associated ?? '',
  })
}

describe('SPAKE2', () => {
  it.each([
    ...spake2.p256.map((run) => ({ group: nist, run })),
    ...spake2.edwards25519.map((run) => ({ group: edwards25519, run })),
  ])('QUICK8: gives $run.share_a', ({ group, run }) => {
    const one = exchange(group, 'a', run)
    const other = exchange(group, 'b', run)
    expect(bytesToHex(one.share)).toBe(run.share_a)
    expect(bytesToHex(other.share)).toBe(run.share_b)
    one.finish(other.share)
    other.finish(one.share)
    expect(bytesToHex(one.confirmation)).toBe(run.confirmation_a)
    expect(bytesToHex(other.confirmation)).toBe(run.confirmation_b)
    expect(bytesToHex(one.verify(other.confirmation))).toBe(run.shared)
    expect(bytesToHex(other.verify(one.confirmation))).toBe(run.shared)
    expect(() => one.verify(one.confirmation)).toThrow(Spake2Error)
    expect(() => one.finish(other.share)).toThrow(Spake2Error)
  })

  it.each(spake2.invalid.shares)('QUICK8: refuses %s', (share) => {
    const [run] = spake2.edwards25519
    if (run === undefined) throw new Error('no vector')
    expect(() => exchange(edwards25519, 'a', run).finish(hexToBytes(share))).toThrow(Spake2Error)
  })
})

describe('codes', () => {
  it('QUICK2: have the words everybody has', () => {
    const digest = (words: readonly string[]) => bytesToHex(sha256(utf8ToBytes(words.join('\n'))))
    expect(digest(ENGLISH)).toBe(quicksend.words.english)
    expect(digest(CHINESE)).toBe(quicksend.words.chinese)
  })

  it.each(quicksend.codes)('QUICK1: reads $english', (vector) => {
    for (const reading of vector.readings) {
      const code = parseCode(reading)
      expect(code.value).toBe(parseInt(vector.value, 16))
      expect(passwordOf(code)).toBe(vector.password)
      expect(textOf(code, ENGLISH)).toBe(vector.english)
      expect(textOf(code, CHINESE)).toBe(vector.chinese)
    }
  })

  it.each(quicksend.refused)('QUICK3: refuses $text', ({ text, reason, word }) => {
    let refusal: unknown
    try {
      parseCode(text)
    } catch (error) {
      refusal = error
    }
    expect(refusal).toBeInstanceOf(CodeError)
    expect(refusal).toMatchObject({ reason, word })
  })

  it('QUICK3: says which words are like a wrong one', () => {
    expect(() => parseCode('4821-appel-river-stone')).toThrow(
      expect.objectContaining({ suggestions: expect.arrayContaining(['apple']) as string[] }) as Error,
    )
  })
})

it('QUICK2: a code that is made can be read', () => {
  const code = makeCode(4821, Uint8Array.of(0xde, 0xad, 0xbe, 0xef))
  expect(parseCode(textOf(code, ENGLISH))).toEqual(code)
  expect(parseCode(textOf(code, CHINESE))).toEqual(code)
  expect(code.value >>> 4).toBe(0xdeadb)
})

describe('letters', () => {
  const { letters } = quicksend
  const letter = (hex: string) => fromBinary(LetterSchema, hexToBytes(hex))
  const word = (hex: string) => fromBinary(WordSchema, hexToBytes(hex))
  const hex = (said: ReturnType<typeof letter>) => bytesToHex(toBinary(LetterSchema, said))

  async function met(): Promise<Conversation> {
    const receiver = new Conversation(
      parseCode(letters.code),
      hexToBytes(letters.receiver_random),
      'receiver',
    )
    expect(hex(receiver.begin())).toBe(letters.share)
    expect(hex(await receiver.confirm(letter(letters.answer)))).toBe(letters.confirmation)
    return receiver
  }

  it('QUICK9, QUICK10: are what Python writes and reads', async () => {
    const receiver = await met()
    for (const [index, sealed] of letters.sender_sealed.entries())
      expect(await receiver.open(letter(sealed))).toEqual(word(letters.sender_words[index] ?? ''))
    for (const [index, sealed] of letters.receiver_sealed.entries())
      expect(hex(await receiver.seal(word(letters.receiver_words[index] ?? '')))).toBe(sealed)
  })

  it('QUICK8, QUICK9: the sender’s, too', async () => {
    const sender = new Conversation(parseCode(letters.code), hexToBytes(letters.sender_random), 'sender')
    expect(hex(sender.answer(letter(letters.share)))).toBe(letters.answer)
    expect(() => sender.answer(letter(letters.share))).toThrow(LetterError)
    await sender.accept(letter(letters.confirmation))
    for (const [index, sealed] of letters.receiver_sealed.entries())
      expect(await sender.open(letter(sealed))).toEqual(word(letters.receiver_words[index] ?? ''))
    for (const [index, sealed] of letters.sender_sealed.entries())
      expect(hex(await sender.seal(word(letters.sender_words[index] ?? '')))).toBe(sealed)
  })

  it('QUICK10: are refused when they are changed, out of order or doubled', async () => {
    const receiver = await met()
    const [first = '', second = ''] = letters.sender_sealed
    const changed = `${first.slice(0, -2)}${first.endsWith('00') ? '01' : '00'}`
    for (const wrong of [second, changed, letters.share, ''])
      await expect(receiver.open(letter(wrong))).rejects.toThrow(LetterError)
    await receiver.open(letter(first))
    await expect(receiver.open(letter(first))).rejects.toThrow(LetterError)
    await expect(receiver.confirm(letter(letters.answer))).rejects.toThrow(LetterError)
  })

  it('QUICK8: of somebody with another code are found out', async () => {
    const receiver = new Conversation(
      { number: 4821, value: 1 },
      hexToBytes(letters.receiver_random),
      'receiver',
    )
    receiver.begin()
    await expect(receiver.confirm(letter(letters.answer))).rejects.toThrow(LetterError)
  })
})
