import { RpcError } from '../../model/feature'
import { en } from './en'
import { t } from './i18n.svelte'

const PREFIX = 'error.'
const keyOfSentence = new Map(
  Object.entries(en).flatMap(([key, text]): [string, string][] =>
    key.startsWith(PREFIX) ? [[text, key]] : [],
  ),
)

/**
 * The server speaks English: what it says in the person's language where we know the sentence or have one for
 * its reason, else as it is.
 */
export function sentence(said: string, reason = ''): string {
  const key = keyOfSentence.get(said)
  if (key !== undefined) return t(key)
  const byReason = t(PREFIX + reason)
  // One that needs a number is of use only at once, and by `explain`.
  const told = byReason !== PREFIX + reason && !byReason.includes('{')
  return told ? byReason : t(said)
}

/**
 * The sentence for the person when something did not work: by the sentence itself, else by its stable
 * reason, as far as the language has one, else what the server said, else something about its code.
 */
export function explain(error: unknown): string {
  if (!(error instanceof RpcError)) return t('error.internal')
  const { message, reason, code, retryAfterMs } = error
  if (keyOfSentence.has(message)) return sentence(message)
  const byReason = t(PREFIX + reason, { seconds: Math.max(1, Math.round(retryAfterMs / 1000)) })
  if (byReason !== PREFIX + reason) return byReason
  const byCode = PREFIX + code
  return message || (byCode in en ? t(byCode) : t('error.internal'))
}
