import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'groups.announcement': 'Announcement',
    'groups.dismiss': 'Put the announcement away',
    'groups.more': 'Show all of it',
    'groups.less': 'Show less',
  },
  zh: {
    'groups.announcement': '群公告',
    'groups.dismiss': '收起群公告',
    'groups.more': '显示全部',
    'groups.less': '收起',
  },
}
