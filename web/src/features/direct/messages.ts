import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'direct.title': 'Direct text',
    'direct.allow': 'Texts also go directly',
    'direct.explained':
      'While you and a contact both have your conversation open, texts also travel straight between your devices, a little faster. It tells that contact the network address of this device, so it works only with contacts who switched it on too. Your server gets and keeps every message all the same.',
    'direct.failed': 'This could not be saved. Try again.',
    'direct.open': 'Texts also arrive directly, from device to device',
    'direct.ahead': 'Arrived directly',
    'direct.arriving': 'Arriving…',
    'direct.unconfirmed': 'Your server has not received this yet',
    'direct.withdrawn': 'Your server did not accept this message',
  },
  zh: {
    'direct.title': '文字直达',
    'direct.allow': '文字同时直接传送',
    'direct.explained':
      '当你与联系人都打开你们的会话时，文字也会在两台设备之间直接传送，速度稍快。对方因此会得知此设备的网络地址，所以仅与同样开启此项的联系人生效。你的服务器照样接收并保存每条消息。',
    'direct.failed': '未能保存，请重试。',
    'direct.open': '文字也在设备之间直接送达',
    'direct.ahead': '直接送达',
    'direct.arriving': '正在送达…',
    'direct.unconfirmed': '你的服务器尚未收到这条消息',
    'direct.withdrawn': '你的服务器未接受这条消息',
  },
}
