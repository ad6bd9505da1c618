import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeServer } from './testing/fake-server'
import { current, inStep, startPhone, textOf, until, type Phone } from './testing/kit'

const LOG = 'chat:1'

let server: FakeServer
let phone: Phone

beforeEach(async () => {
  server = new FakeServer()
  for (const user of ['ann', 'bob']) server.addUser(user, user.toUpperCase())
  server.addRoom(LOG, ['ann', 'bob'])
  for (let index = 1; index <= 5; index++) server.say(LOG, 'bob', `m${index}`)
  phone = await startPhone(server, 'ann')
  await until(() => phone.summary(LOG)?.last?.seq === 6)
  await inStep(server, phone)
})

afterEach(() => phone.app.close())

/** What a view is given in the turn in which it begins to look. */
function atOnce(): string[] {
  const timeline = phone.app.chat.timeline(LOG)
  const end = timeline.subscribe(() => undefined)
  const texts = current(timeline).messages.map(textOf)
  end()
  return texts
}

describe('a conversation that was read ahead', () => {
  it('is there in the turn in which it is opened', async () => {
    expect(atOnce()).toEqual([])
    await phone.app.chat.readAhead(LOG)
    expect(atOnce().slice(-2)).toEqual(['m4', 'm5'])
  })

  it('is read anew once something happened in it', async () => {
    await phone.app.chat.readAhead(LOG)
    server.say(LOG, 'bob', 'later')
    await until(() => phone.summary(LOG)?.last?.seq === 7)
    expect(atOnce()).toEqual([])
    await phone.app.chat.readAhead(LOG)
    expect(atOnce().at(-1)).toBe('later')
  })

  it('is nothing when there is none of that name', async () => {
    await phone.app.chat.readAhead('chat:unknown')
    expect(atOnce()).toEqual([])
  })
})
