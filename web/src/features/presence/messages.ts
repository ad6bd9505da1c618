import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'presence.online': 'Online',
    'presence.seen': 'Last seen {time}',
    'presence.away': 'Not here',
    'presence.title': 'Privacy',
    'presence.who': 'Who sees when I am here',
    'presence.contacts': 'Contacts',
    'presence.nobody': 'Nobody',
    'presence.hint': 'Whoever hides it does not see it of others either.',
  },
  zh: {
    'presence.online': '在线',
    'presence.seen': '最后在线 {time}',
    'presence.away': '不在线',
    'presence.title': '隐私',
    'presence.who': '谁能看到我在线',
    'presence.contacts': '联系人',
    'presence.nobody': '没有人',
    'presence.hint': '隐藏后，也看不到别人是否在线。',
  },
}
