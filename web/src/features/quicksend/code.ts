/**
 * Codes: a channel's number and three words that stand for 20 secret bits and 4 that follow from them and
 * the number (QUICK1 to QUICK4). The same as `hutong/protocols/quicksend/code.py`.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { CHINESE, ENGLISH } from './words'

const NUMBER_MIN = 1_000
const NUMBER_MAX = 99_999
const WORDS = 3
const SECRET_BITS = 20
const CHECK_BITS = 4
const TEXT_CHARACTERS_MAX = 512
const LINK = '#/receive/'
/** How many words like an unknown one are shown. */
const SUGGESTIONS_MAX = 3

export type CodeProblem = 'number' | 'words' | 'unknown_word' | 'check'

/** This is no code. */
export class CodeError extends Error {
  override readonly name = 'CodeError'
  readonly reason: CodeProblem
  readonly word: string
  readonly suggestions: readonly string[]

  constructor(reason: CodeProblem, word = '', suggestions: readonly string[] = []) {
    super(reason)
    this.reason = reason
    this.word = word
    this.suggestions = suggestions
  }
}

export interface Code {
  number: number
  /** The 24 bits of the words. */
  value: number
}

/** What both sides put into the exchange, whatever the language was. */
export function passwordOf({ number, value }: Code): string {
  return `${number}-${value.toString(16).padStart(6, '0')}`
}

/** A code for a channel, from at least 4 random bytes. */
export function makeCode(number: number, random: Uint8Array<ArrayBuffer>): Code {
  const secret = new DataView(random.buffer).getUint32(0) >>> (32 - SECRET_BITS)
  return { number, value: secret * 2 ** CHECK_BITS + checkOf(number, secret) }
}

export function textOf({ number, value }: Code, words: readonly string[]): string {
  const places = [value >>> 16, (value >>> 8) & 0xff, value & 0xff]
  return [number, ...places.map((place) => words[place] ?? '')].join('-')
}

/** Reads what somebody typed or pasted: spaces, capitals, a link around it are fine. Throws `CodeError`. */
export function parseCode(text: string): Code {
  const [, digits = '', rest = ''] = /^[^\p{L}\p{N}]*(\d+)(.*)$/su.exec(plain(text)) ?? []
  const number = Number(digits.slice(0, 6))
  if (digits === '' || number < NUMBER_MIN || number > NUMBER_MAX) throw new CodeError('number')
  const words = (rest.match(/\p{L}+/gu) ?? []).flatMap(split)
  if (words.length !== WORDS) throw new CodeError('words')
  const value = words.map(placeOf).reduce((sum, place) => sum * 256 + place, 0)
  if ((value & (2 ** CHECK_BITS - 1)) !== checkOf(number, value >>> CHECK_BITS)) throw new CodeError('check')
  return { number, value }
}

function plain(text: string): string {
  const cut = text.slice(0, TEXT_CHARACTERS_MAX)
  const at = cut.lastIndexOf(LINK)
  return (at < 0 ? cut : decoded(cut.slice(at + LINK.length))).normalize('NFKC').toLowerCase()
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function checkOf(number: number, secret: number): number {
  const digest = sha256(
    utf8ToBytes(`hutong quick send check\n${number}-${secret.toString(16).padStart(5, '0')}`),
  )
  return (digest[0] ?? 0) >>> (8 - CHECK_BITS)
}

/** The words of a run of letters: Chinese ones have two signs and need no spaces. */
function split(part: string): string[] {
  return /^[a-z]+$/.test(part) ? [part] : (part.match(/.{1,2}/gu) ?? [])
}

function placeOf(word: string): number {
  for (const words of [ENGLISH, CHINESE]) if (words.includes(word)) return words.indexOf(word)
  // A word of which enough was typed to know it.
  const begun = word.length > 2 ? ENGLISH.filter((known) => known.startsWith(word)) : []
  if (begun[0] !== undefined && begun.length === 1) return ENGLISH.indexOf(begun[0])
  throw new CodeError('unknown_word', word, begun.length > 0 ? begun.slice(0, SUGGESTIONS_MAX) : like(word))
}

/** Words that are two slips away at the most, the nearest first; Chinese ones share a sign. */
function like(word: string): string[] {
  const near = [...ENGLISH, ...CHINESE]
    .map((known) => ({ known, slips: slipsBetween(word, known) }))
    .filter(({ known, slips }) => slips <= Math.min(2, known.length - 1))
  return near
    .sort((one, other) => one.slips - other.slips)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ known }) => known)
}

/** Levenshtein's distance. */
function slipsBetween(one: string, other: string): number {
  let before = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [row, sign] of Array.from(one).entries()) {
    const now = [row + 1]
    for (const [column, against] of Array.from(other).entries())
      now.push(
        Math.min(
          (before[column + 1] ?? 0) + 1,
          (now[column] ?? 0) + 1,
          (before[column] ?? 0) + Number(sign !== against),
        ),
      )
    before = now
  }
  return before[other.length] ?? 0
}
