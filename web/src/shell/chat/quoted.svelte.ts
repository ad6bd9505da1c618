/** The newest words of messages that are referred to and not loaded, asked for once. */
import type { ChatApi } from '../../model/api'
import type { Wording } from '../../model/types'

const WORDS_MAX = 200

/** By log and seq; null: it is gone. Not shown by itself. */
// eslint-disable-next-line svelte/prefer-svelte-reactivity
const words = new Map<string, Promise<Wording | null>>()
let reworded = $state(0)
let listening = false

/** Null when the message is gone. An effect that asks runs again when it may have other words. */
export function quotedWords(chat: ChatApi, log: string, seq: number): Promise<Wording | null> {
  // There is one app for the life of the page.
  if (!listening) chat.onReworded(forget)
  listening = true
  const known = reworded >= 0 ? words.get(keyOf(log, seq)) : undefined
  return known ?? ask(chat, log, seq)
}

const keyOf = (log: string, seq: number): string => `${log}/${seq}`

function forget(log: string, seqs: readonly number[]): void {
  if (seqs.filter((seq) => words.delete(keyOf(log, seq))).length > 0) reworded += 1
}

function ask(chat: ChatApi, log: string, seq: number): Promise<Wording | null> {
  const oldest = words.keys().next().value
  if (words.size >= WORDS_MAX && oldest !== undefined) words.delete(oldest)
  const asked = chat.history(log, seq).then(
    (wordings) => wordings.at(-1) ?? null,
    () => {
      words.delete(keyOf(log, seq))
      return null
    },
  )
  words.set(keyOf(log, seq), asked)
  return asked
}
