import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'peers.nat.title': 'Calls and files from device to device',
    'peers.nat.hint':
      'Checked with your server, while this page is open. Relayed calls and files are as private; only the way is longer.',
    'peers.nat.label': 'Direct connections',
    'peers.nat.checking': 'Checking…',
    'peers.nat.again': 'Check again',
    'peers.nat.unavailable': 'Cannot be checked: this server, or this browser, has nothing to check with.',
    'peers.nat.seen': 'Seen from outside as',
    'peers.nat.answer': '{chance}. {why}',
    'peers.nat.chance.best': 'Very likely',
    'peers.nat.chance.good': 'Likely',
    'peers.nat.chance.some': 'With some networks',
    'peers.nat.chance.none': 'No: everything is relayed',
    'peers.nat.chance.unknown': 'Not known',
    'peers.nat.open': 'No router changes this device’s addresses.',
    'peers.nat.steady':
      'Everybody sees this device at the same place, so others can find it. It does not open to those who are as hard to find as a mobile network.',
    'peers.nat.varies':
      'Your network shows this device at another place to everyone, so others hardly find it. Companies and mobile networks do that.',
    'peers.nat.blocked': 'Your network lets no answer through (UDP is blocked).',
    'peers.nat.single':
      'Your network shows this device at another address. Whether it is the same one for everybody cannot be told: one place was asked only.',
    'peers.nat.hidden': 'This browser hides its addresses from pages, and more cannot be told without them.',
  },
  zh: {
    'peers.nat.title': '设备之间的通话与文件',
    'peers.nat.hint': '仅在打开此页面时通过你的服务器检测。经中转的通话和文件同样私密，只是路程更长。',
    'peers.nat.label': '直接连接',
    'peers.nat.checking': '正在检测…',
    'peers.nat.again': '重新检测',
    'peers.nat.unavailable': '无法检测：此服务器或此浏览器不具备检测条件。',
    'peers.nat.seen': '从外部看到的地址',
    'peers.nat.answer': '{chance}。{why}',
    'peers.nat.chance.best': '极有可能',
    'peers.nat.chance.good': '很有可能',
    'peers.nat.chance.some': '与部分网络可以',
    'peers.nat.chance.none': '不能：全部经中转',
    'peers.nat.chance.unknown': '未知',
    'peers.nat.open': '没有路由器改变此设备的地址。',
    'peers.nat.steady':
      '所有人看到的此设备位置都相同，因此别人能找到它。若对方像移动网络那样难以找到，则仍无法直接连接。',
    'peers.nat.varies':
      '你的网络让每个人看到的此设备位置都不同，因此别人很难找到它。公司网络和移动网络常常如此。',
    'peers.nat.blocked': '你的网络不让任何应答通过（UDP 被封锁）。',
    'peers.nat.single': '你的网络让外界看到的是另一个地址。是否对所有人都相同无法得知：只询问了一处。',
    'peers.nat.hidden': '此浏览器对网页隐藏自己的地址，因此无法得知更多。',
  },
}
