import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'bots.hooks': 'Webhooks',
    'bots.hooks.detail': 'Addresses that let programs write here',
    'bots.explained':
      'Whoever has the address can write into this group, and do nothing else. Each has a name that its messages are signed with.',
    'bots.name': 'Name',
    'bots.make': 'Make an address',
    'bots.address': 'Address of {name}',
    'bots.once': 'It is shown this once: keep it now, like a password.',
    'bots.copy': 'Copy the address',
    'bots.since': 'Since {when}',
    'bots.remove': 'Remove',
    'bots.removeThis': 'Remove {name}',
  },
  zh: {
    'bots.hooks': 'Webhook',
    'bots.hooks.detail': '让程序在此群发言的地址',
    'bots.explained': '拥有该地址的程序可以在此群发言，但不能做其他事。每个地址有一个名字，作为消息的署名。',
    'bots.name': '名称',
    'bots.make': '新建地址',
    'bots.address': '{name} 的地址',
    'bots.once': '只显示这一次：请像密码一样保存好。',
    'bots.copy': '复制地址',
    'bots.since': '创建于 {when}',
    'bots.remove': '删除',
    'bots.removeThis': '删除 {name}',
  },
}
