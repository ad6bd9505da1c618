import { expect, it } from 'vitest'
import type { Member } from '../../model/types'
import { inRank, memberRows } from './MemberListRows'

const member = (name: string, role: Member['role'] = 'member', nickname = ''): Member => ({
  person: { user: `u-${name}`, handle: `h_${name.toLowerCase()}`, name, picture: '', about: '' },
  role,
  delivered: 0,
  read: 0,
  nickname,
  mutedUntilMs: 0,
})
const members = [member('Émilie'), member('王伟'), member('Bo', 'owner'), member('Ada', 'admin', 'Zhou')]
const ids = (query: string): string[] => memberRows(members, query).map(({ id }) => id)

it('lists under letters, by nickname where there is one, Chinese by pinyin', () => {
  expect(ids('')).toEqual([
    'letter B',
    'u-Bo',
    'letter E',
    'u-Émilie',
    'letter W',
    'u-王伟',
    'letter Z',
    'u-Ada',
  ])
})

it('finds by name, nickname and handle, without accents, and then without letters', () => {
  expect(ids('emi')).toEqual(['u-Émilie'])
  expect(ids('zho')).toEqual(['u-Ada'])
  expect(ids('ada')).toEqual(['u-Ada'])
  expect(ids('h_bo')).toEqual(['u-Bo'])
  expect(ids('nobody')).toEqual([])
})

it('puts the owner and the admins first', () => {
  expect(inRank(members).map(({ person }) => person.name)).toEqual(['Bo', 'Ada', 'Émilie', '王伟'])
})
