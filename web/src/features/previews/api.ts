import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import type { LinkPreview } from '../../model/types'
import { Previews } from '../../schema/previews_pb'

export const NAME = 'previews'

export interface PreviewsApi {
  /** What stands behind a link, as the server sees it; null for nothing. */
  look(url: string, signal: AbortSignal): Promise<LinkPreview | null>
}

export function createPreviews({ call }: FeatureContext): PreviewsApi {
  return {
    async look(url, signal) {
      const { preview } = await call(Previews.method.look, { url }, { signal })
      if (preview === undefined) return null
      const { title, description, site, picture, width, height, proof } = preview
      return { url: preview.url, title, description, site, picture, width, height, proof }
    },
  }
}

export const previewsApi = (app: App): PreviewsApi => app.features.get(NAME) as PreviewsApi
