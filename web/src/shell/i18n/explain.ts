import { RpcError } from '../../model/feature'
import { en } from './en'
import { t } from './i18n.svelte'

const PREFIX = 'error.'
const keyOfSentence = new Map(
  Object.entries(en).flatMap(([key, text]): [string, string][] =>
    key.startsWith(PREFIX) ? [[text, key]] : [],
  ),
)

/** The server speaks English: what it says in the person's language where we know the sentence, else as it is. */
export function sentence(said: string): string {
  return t(keyOfSentence.get(said) ?? said)
}

/**
 * The sentence for the person when something did not work: by the sentence itself, else by its stable
 * reason, else what the server said, else something about its code.
 */
export function explain(error: unknown): string {
  if (!(error instanceof RpcError)) return t('error.internal')
  const { message, reason, code, retryAfterMs } = error
  if (keyOfSentence.has(message)) return sentence(message)
  const byReason = PREFIX + reason
  if (byReason in en) return t(byReason, { seconds: Math.max(1, Math.round(retryAfterMs / 1000)) })
  const byCode = PREFIX + code
  return message || (byCode in en ? t(byCode) : t('error.internal'))
}
