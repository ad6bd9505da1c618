import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: {
    'reactions.choose': 'React',
    'reactions.with': 'React with {emoji}',
    'reactions.more': 'Another emoji',
    'reactions.by': '{emoji} by {names}',
    'reactions.others': '+{count}, show the other reactions',
  },
  zh: {
    'reactions.choose': '回应',
    'reactions.with': '用 {emoji} 回应',
    'reactions.more': '其他表情',
    'reactions.by': '{names} 回应了 {emoji}',
    'reactions.others': '+{count}，显示其余回应',
  },
}
