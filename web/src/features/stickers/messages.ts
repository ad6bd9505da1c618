import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'stickers.new': 'Sticker',
    'stickers.title': 'Stickers',
    'stickers.sticker': 'Sticker {emoji}',
    'stickers.empty': 'No stickers yet. Make a pack, or keep one that somebody sends.',
    'stickers.none': 'Nothing in it yet.',
    'stickers.pack': 'Name of a new pack',
    'stickers.create': 'Make a pack',
    'stickers.add': 'Add a picture',
    'stickers.keep': 'Keep this pack',
    'stickers.drop': 'Remove from my packs',
  },
  zh: {
    'stickers.new': '表情贴纸',
    'stickers.title': '贴纸',
    'stickers.sticker': '贴纸 {emoji}',
    'stickers.empty': '还没有贴纸。新建一个贴纸包，或者收藏别人发来的。',
    'stickers.none': '里面还什么都没有。',
    'stickers.pack': '新贴纸包的名称',
    'stickers.create': '新建贴纸包',
    'stickers.add': '添加图片',
    'stickers.keep': '收藏这个贴纸包',
    'stickers.drop': '移除这个贴纸包',
  },
}
