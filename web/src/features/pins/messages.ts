import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'pins.pin': 'Pin',
    'pins.unpin': 'Unpin',
    'pins.show': 'Pinned message {number} of {count}: show it',
  },
  zh: {
    'pins.pin': '置顶',
    'pins.unpin': '取消置顶',
    'pins.show': '置顶消息 {number}/{count}：查看',
  },
}
