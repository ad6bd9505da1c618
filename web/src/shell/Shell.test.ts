// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte'
import { get, writable } from 'svelte/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Person } from '../model/types'
import { createFixture, type Fixture } from './fixture/app'
import { SHORTCUTS } from './frame/keys'
import { setLanguage, t } from './i18n/i18n.svelte'
import * as rooms from './rooms'
import { startRouter } from './router.svelte'
import Shell from './Shell.svelte'

/** What jsdom lacks. */
function fillIn(): void {
  window.matchMedia = (media) => Object.assign(new EventTarget(), { matches: media.includes('fine'), media }) as MediaQueryList // prettier-ignore
  window.ResizeObserver = class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  }
  HTMLElement.prototype.scrollTo = () => undefined
  HTMLElement.prototype.scrollIntoView = () => undefined
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true
  }
  HTMLDialogElement.prototype.close = function () {
    this.open = false
  }
  Element.prototype.animate = () =>
    ({ finished: Promise.resolve(), cancel: () => undefined }) as unknown as Animation
  URL.createObjectURL = () => 'blob:nothing'
  URL.revokeObjectURL = () => undefined
}

let stop: () => void

beforeEach(() => {
  fillIn()
  setLanguage('en')
  location.hash = '#/'
  stop = startRouter()
})
afterEach(() => {
  cleanup()
  stop()
})

function open(hash: string, signedIn = true): Fixture {
  history.replaceState(null, '', hash)
  stop()
  stop = startRouter()
  const fixture = createFixture('en', signedIn)
  render(Shell, { app: fixture.app, rooms })
  return fixture
}

const textOf = ({ state }: Fixture, log: string): string[] => {
  const timeline = state.timelines.get(log)
  if (!timeline) return []
  return get(timeline).messages.flatMap(({ body }) => (body.kind === 'text' ? [body.text] : []))
}

describe('the composer', () => {
  const area = (): HTMLTextAreaElement => screen.getByRole('textbox', { name: 'Message to Lin Jing' })

  it('sends with Enter and empties itself', async () => {
    const fixture = open('#/chat/chat%3Alin')
    await fireEvent.input(area(), { target: { value: ' On rice paper. ' } })
    await fireEvent.keyDown(area(), { key: 'Enter' })
    expect(textOf(fixture, 'chat:lin').at(-1)).toBe('On rice paper.')
    expect(area().value).toBe('')
  })

  it('does not send with Shift Enter, nor while an input method composes, nor nothing', async () => {
    const fixture = open('#/chat/chat%3Alin')
    const before = textOf(fixture, 'chat:lin').length
    await fireEvent.keyDown(area(), { key: 'Enter' })
    await fireEvent.input(area(), { target: { value: 'nihao' } })
    await fireEvent.keyDown(area(), { key: 'Enter', shiftKey: true })
    await fireEvent.keyDown(area(), { key: 'Enter', isComposing: true })
    expect(textOf(fixture, 'chat:lin')).toHaveLength(before)
    expect(area().value).toBe('nihao')
  })

  it('brings back the draft', () => {
    open('#/chat/chat%3Atomas')
    expect(screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message to Tomás Herrera' }).value).toBe(
      'I will be there at seven, ',
    )
  })

  it('gathers files and sends them together with the text', async () => {
    const fixture = open('#/chat/chat%3Alin')
    const files = [
      new File(['x'], 'plan.txt', { type: 'text/plain' }),
      new File(['y'], 'door.png', { type: 'image/png' }),
    ]
    await fireEvent.paste(area(), { clipboardData: { files, getData: () => '' } })
    expect(screen.getByRole('list', { name: 'To be sent' }).children).toHaveLength(2)
    await fireEvent.click(screen.getByRole('button', { name: 'Send' }))
    const timeline = fixture.state.timelines.get('chat:lin')
    const kinds = (): string[] =>
      timeline
        ? get(timeline)
            .messages.slice(-2)
            .map(({ body }) => body.kind)
        : []
    await waitFor(() => expect(kinds()).toEqual(['file', 'picture']))
    expect(screen.queryByRole('list', { name: 'To be sent' })).toBeNull()
  })
})

describe('a conversation', () => {
  it('says the state of a message in words', () => {
    open('#/chat/chat%3Alin')
    const rows = screen.getAllByTestId('message')
    const queued = rows.find((row) => row.dataset['delivery'] === 'queued')
    if (!queued) throw new Error('no queued message')
    expect(within(queued).getByRole('img', { name: 'Waiting to be sent' })).toBeTruthy()
  })

  it('explains why a message failed, and lets it be discarded', async () => {
    open('#/chat/chat%3Agroup')
    expect(screen.getByRole('alert').textContent).toContain('You are sending too fast')
    await fireEvent.click(screen.getByRole('button', { name: 'Discard' }))
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('marks what was read, and announces what arrives', async () => {
    const fixture = open('#/chat/chat%3Agroup')
    await waitFor(() => {
      expect(get(fixture.state.conversations)?.find(({ log }) => log === 'chat:group')?.unread).toBe(0)
    })
    fixture.say('chat:group', 'u2', { kind: 'text', text: 'The kettle is on.' })
    await waitFor(() =>
      expect(screen.getByText('Ada Okafor: The kettle is on.', { selector: '[aria-live]' })).toBeTruthy(),
    )
  })

  it('says who can read it', async () => {
    await import('./chat/Details.svelte') // which is fetched when it is wanted
    open('#/chat/chat%3Alin')
    await fireEvent.click(screen.getAllByRole('button', { name: 'Details' })[0] ?? document.body)
    expect((await screen.findByTestId('who-can-read')).textContent).toContain(
      'the operator of that server can read it',
    )
  })

  it('recalls only after an explanation', async () => {
    const fixture = open('#/chat/chat%3Alin')
    const before = textOf(fixture, 'chat:lin').length
    const mine = screen.getAllByTestId('message').find((row) => row.dataset['delivery'] === 'read')
    if (!mine) throw new Error('no message of mine')
    await fireEvent.click(within(mine).getByRole('button', { name: 'Message actions' }))
    await fireEvent.click(screen.getByRole('menuitem', { name: 'Recall' }))
    const sheet = screen.getByRole('dialog', { name: 'Recall this message?' })
    expect(textOf(fixture, 'chat:lin')).toHaveLength(before)
    await fireEvent.click(within(sheet).getByRole('button', { name: 'Recall' }))
    await waitFor(() => expect(textOf(fixture, 'chat:lin')).toHaveLength(before - 1))
  })
})

describe('the frame', () => {
  it('counts what is unread in the title', async () => {
    open('#/')
    await waitFor(() => expect(document.title).toBe('(123) lane.example'))
  })

  it('finds a conversation by keyboard alone', async () => {
    open('#/')
    await fireEvent.keyDown(window, { key: 'k', ctrlKey: true })
    const field = screen.getByRole('combobox', { name: 'Name or handle' })
    await fireEvent.input(field, { target: { value: 'chess' } })
    await fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(location.hash).toBe('#/chat/chat%3Agroup'))
  })

  it('shows the help for ?, but not while somebody writes one', async () => {
    open('#/chat/chat%3Alin')
    await fireEvent.keyDown(screen.getByRole('textbox', { name: 'Message to Lin Jing' }), { key: '?' })
    expect(screen.queryByRole('dialog', { name: 'Keyboard' })).toBeNull()
    await fireEvent.keyDown(document.body, { key: '?' })
    const help = screen.getByRole('dialog', { name: 'Keyboard' })
    for (const { meaning } of [...SHORTCUTS, ...rooms.slot('shortcuts').flatMap(({ value }) => value)]) {
      expect(t(meaning)).not.toBe(meaning)
      expect(within(help).getAllByText(t(meaning)).length).toBeGreaterThan(0)
    }
  })

  it('speaks Chinese when asked', async () => {
    open('#/me')
    await fireEvent.click(screen.getByRole('radio', { name: '中文' }))
    expect(await screen.findByRole('heading', { name: '我', level: 1 })).toBeTruthy()
    await fireEvent.click(screen.getByRole('radio', { name: 'English' }))
  })
})

describe('the welcome', () => {
  it('refuses a bad handle before the server has to', async () => {
    const fixture = open('#/join/abc', false)
    await fireEvent.input(screen.getByRole('textbox', { name: 'Name' }), { target: { value: 'Lin' } })
    await fireEvent.input(screen.getByRole('textbox', { name: 'Handle' }), { target: { value: 'a b' } })
    await fireEvent.input(screen.getByLabelText('Password'), { target: { value: 'a red door' } })
    await fireEvent.click(screen.getByRole('button', { name: 'Create account' }))
    expect(screen.getByText(/3 to 32 of the characters/)).toBeTruthy()
    expect(get(fixture.state.session)).toBeNull()
  })

  it('uses an invitation up, and does not take it for another one afterwards', async () => {
    const fixture = open('#/join/abc', false)
    await fireEvent.input(screen.getByRole('textbox', { name: 'Name' }), { target: { value: 'Lin' } })
    await fireEvent.input(screen.getByRole('textbox', { name: 'Handle' }), { target: { value: 'lin' } })
    await fireEvent.input(screen.getByLabelText('Password'), { target: { value: 'a red door' } })
    await fireEvent.click(screen.getByRole('button', { name: 'Create account' }))
    await screen.findByRole('navigation', { name: 'Main sections' })
    expect(get(fixture.state.session)).not.toBeNull()
    expect(location.hash).toBe('#/')
    expect(screen.queryByText(/invitation was not used/)).toBeNull()
  })

  it('says so when somebody who is in follows an invitation', async () => {
    open('#/join/abc')
    expect(await screen.findByText(/invitation was not used/)).toBeTruthy()
    expect(location.hash).toBe('#/')
  })

  it('shows a code to sign this device in', async () => {
    open('#/', false)
    await fireEvent.click(screen.getByRole('radio', { name: 'By QR code' }))
    expect(await screen.findByRole('img', { name: 'QR code to sign in this device' })).toBeTruthy()
  })
})

describe('which server it is', () => {
  const other = { kind: 'otherServer', known: 'known-key', shown: 'shown-key', by: 'server' } as const

  it('SEAL17: a warning stands instead of everything else; trusting takes two steps', async () => {
    const fixture = open('#/')
    fixture.state.trouble.set(other)
    const warning = await screen.findByRole('alert')
    expect(warning.textContent).toContain('known-key')
    expect(warning.textContent).toContain('shown-key')
    expect(screen.queryByRole('navigation')).toBeNull()
    await fireEvent.click(screen.getByRole('button', { name: /has confirmed/ }))
    expect(get(fixture.state.trouble)).not.toBeNull()
    await fireEvent.click(screen.getByRole('button', { name: 'Trust the new key' }))
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull())
  })

  it('SEAL17: the warning stands before anybody is signed in, too, and speaks Chinese', async () => {
    const fixture = open('#/', false)
    fixture.state.trouble.set({ ...other, by: 'code' })
    setLanguage('zh')
    await fireEvent.click(await screen.findByRole('button', { name: '继续使用我认识的服务器' }))
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull())
  })

  it('has a page that says by which way and to which server one is connected, and who sees what', async () => {
    open('#/me/connection')
    await screen.findByText('A line that stays open')
    await screen.findByText(/times and rough sizes; not what is in it/)
    const key = (await screen.findByRole('button', { name: 'Copy the server’s key' })).parentElement
    expect(key?.textContent).toContain('mBvt2rZ3c6kFQX7n4hKq0sYd8eJwLzUaTiVgP1oRfNE')
  })
})

describe('the page of somebody who is no contact', () => {
  const stranger = { user: 'u77', handle: 'wei', name: 'Wei Sun', picture: '', about: '' }

  /** Opens their page from a conversation; only the server knows who they are. */
  function visit(person: Person): void {
    const fixture = open('#/chat/chat%3Alin')
    const people = writable<ReadonlyMap<string, Person>>(new Map())
    const lookUp = (user: string): Promise<void> => {
      if (user === person.user) people.set(new Map([[user, person]]))
      return Promise.resolve()
    }
    Object.assign(fixture.app.contacts, { people, lookUp })
    location.hash = `#/contacts/${person.user}`
  }

  it('is asked for: a large group does not come with its members', async () => {
    visit(stranger)
    expect(await screen.findByRole('article', { name: 'Wei Sun' })).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Ask to connect' })).toBeTruthy()
    // Back to where one came from.
    expect(screen.getByRole('link', { name: 'Back' }).getAttribute('href')).toBe('#/chat/chat%3Alin')
  })

  it('says what is a program, and which account has ended', async () => {
    visit({ ...stranger, bot: true })
    expect(await screen.findByText(/@wei.*Bot/)).toBeTruthy()
    cleanup()
    visit({ ...stranger, user: 'u79', name: 'Deleted account', deleted: true })
    expect(await screen.findByText('This account has ended.')).toBeTruthy()
    expect(screen.queryByText(/@wei/)).toBeNull()
    expect(screen.queryByRole('button', { name: 'Ask to connect' })).toBeNull()
  })

  it('says so when there is nobody', async () => {
    open('#/contacts/u78')
    expect(await screen.findByText('Nobody here')).toBeTruthy()
  })
})

describe('who may not write', () => {
  it('is told why, in the place of the field', async () => {
    const fixture = open('#/chat/chat%3Alin')
    fixture.state.contacts.set([])
    expect(await screen.findByText(/neither of you can write here/)).toBeTruthy()
    expect(screen.queryByRole('textbox', { name: 'Message to Lin Jing' })).toBeNull()
  })
})

describe('an announcement', () => {
  it('has links that open', async () => {
    const fixture = open('#/chat/chat%3Alin')
    const announcement = 'See https://plum.example/map at four.'
    fixture.state.conversations.update((all) =>
      (all ?? []).map((one) => ({
        ...one,
        settings: {
          inviting: 'members' as const,
          approval: false,
          history: true,
          adminsWrite: false,
          announcement,
        },
      })),
    )
    await fireEvent.click(
      screen.getAllByRole('button', { name: /^(Details|Lin Jing)/ }).at(-1) as HTMLElement,
    )
    const link = await screen.findByRole('link', { name: 'https://plum.example/map' })
    expect(link.getAttribute('href')).toBe('https://plum.example/map')
    expect(link.getAttribute('rel')).toContain('noopener')
  })
})
