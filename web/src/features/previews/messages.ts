import type { FeatureMessages } from '../../shell/feature'

export const messages: FeatureMessages = {
  en: { 'previews.preview': 'Link preview', 'previews.remove': 'Send without a preview' },
  zh: { 'previews.preview': '链接预览', 'previews.remove': '不带预览发送' },
}
