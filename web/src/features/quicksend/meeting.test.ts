/** Two meetings and the channel between them, which now and then does not take a letter. */
import { expect, it, vi } from 'vitest'
import { FakeContext } from '../../model/testing/feature-context'
import { Ending, QuickSend, StirredSchema, type Word } from '../../schema/quicksend_pb'
import { makeCode } from './code'
import type { Role } from './letters'
import { Meeting, TOKEN_BYTES } from './meeting'

const CHANNEL = 4821
const CODE = makeCode(CHANNEL, Uint8Array.of(1, 2, 3, 4))
const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 5_000, interval: 2 })

/** QUICK11: numbered letters; the same number with the same letter is fine, anything else is refused. */
class Channel {
  /** What happens to the next letter: refused, or taken without the sender hearing of it. */
  next: 'refused' | 'unanswered' | null = null
  readonly #letters: Record<Role, Uint8Array[]> = { sender: [], receiver: [] }
  readonly #contexts: Partial<Record<Role, FakeContext>> = {}

  enter(role: Role): FakeContext {
    const context = new FakeContext('', role)
    if (role === 'receiver') context.randomBytes(7) // else both have the same secrets
    const other = role === 'sender' ? 'receiver' : 'sender'
    this.#contexts[role] = context
    context.answer(QuickSend.method.say, ({ number = 0, letter = new Uint8Array() }) => {
      const fate = this.next
      this.next = null
      if (fate === 'refused') throw new Error('The other side does not listen.')
      const said = this.#letters[role]
      const known = said[number - 1]
      if (known === undefined ? number !== said.length + 1 : Buffer.compare(known, letter) !== 0)
        throw new Error('Letters are numbered one after the other.')
      said[number - 1] = letter
      queueMicrotask(() => this.#contexts[other]?.notice(StirredSchema, { channel: CHANNEL }))
      if (fate === 'unanswered') throw new Error('This took too long.')
      return {}
    })
    context.answer(QuickSend.method.hear, ({ after }) => ({
      letters: this.#letters[other].slice(after),
      ending: Ending.UNSPECIFIED,
    }))
    context.answer(QuickSend.method.leave, () => ({}))
    return context
  }
}

function wordOf(name: string): Word['kind'] {
  const offer = { name, sizeBytes: 1n, files: 0, listed: [], manifest: new Uint8Array(32) }
  return { case: 'offer', value: { $typeName: 'hutong.quicksend.Offer', ...offer } }
}

/** Two who have met, and what the receiver hears from then on. */
async function met() {
  const channel = new Channel()
  const heard: (string | undefined)[] = []
  const failed: unknown[] = []
  const confirmed: Role[] = []
  const meet = (role: Role): Meeting => {
    const context = channel.enter(role)
    return new Meeting(
      { context, code: CODE, token: context.randomBytes(TOKEN_BYTES), role },
      {
        onConfirmed: () => confirmed.push(role),
        onWord: ({ kind }) => heard.push(kind.case === 'offer' ? kind.value.name : kind.case),
        onEnded: (ending) => failed.push(ending),
        onFailed: (error) => failed.push(error),
      },
    )
  }
  const [sender, receiver] = [meet('sender'), meet('receiver')]
  await receiver.begin()
  await until(() => confirmed.length === 2)
  return { channel, sender, receiver, heard, failed }
}

it.each(['refused', 'unanswered'] as const)(
  'QUICK10, QUICK11: a word after a letter that was %s is still understood',
  async (fate) => {
    const { channel, sender, receiver, heard, failed } = await met()
    channel.next = fate
    await expect(sender.say(wordOf('one'))).rejects.toThrow()
    await sender.say(wordOf('two'))
    await sender.say(wordOf('three'))
    await until(() => heard.length === 3)
    expect(heard).toEqual(['one', 'two', 'three'])
    expect(failed).toEqual([])
    sender.leave(Ending.DONE)
    receiver.leave(Ending.DONE)
  },
)

it('QUICK10: while a letter is not taken no word is sealed', async () => {
  const { channel, sender, receiver, heard, failed } = await met()
  for (const name of ['one', 'two', 'three']) {
    channel.next = 'refused'
    await expect(sender.say(wordOf(name))).rejects.toThrow()
  }
  await sender.say(wordOf('four'))
  await until(() => heard.length === 2)
  expect(heard).toEqual(['one', 'four'])
  expect(failed).toEqual([])
  sender.leave(Ending.DONE)
  receiver.leave(Ending.DONE)
})
