/** The features of this build, found by folder. Nothing else in the client knows a feature by name. */
import { addMessages } from './i18n/i18n.svelte'
import { reasons } from './i18n/reasons'
import type { Content } from '../model/types'
import type { ContentBody, FeatureSlots, WebFeature } from './feature'

const modules = import.meta.glob<{ default: WebFeature }>('../features/*/index.ts', { eager: true })

export const features: readonly WebFeature[] = Object.values(modules)
  .map((module) => module.default)
  .sort((a, b) => (a.name < b.name ? -1 : 1))

for (const feature of features) if (feature.messages) addMessages(feature.messages)
addMessages({
  en: {},
  zh: Object.fromEntries(Object.entries(reasons).map(([reason, text]) => [`error.${reason}`, text])),
})

/** What the features put into one slot, in the order of their names. */
export function slot<Name extends keyof FeatureSlots>(
  name: Name,
): { feature: string; value: NonNullable<FeatureSlots[Name]> }[] {
  return features.flatMap((feature) => {
    const value = feature.slots?.[name]
    return value === undefined ? [] : [{ feature: feature.name, value }]
  })
}

/** The slots of the feature that draws a row of kind 'feature'; undefined when it is not in this build. */
export function slotsOf(feature: string): FeatureSlots | undefined {
  return features.find((candidate) => candidate.name === feature)?.slots
}

/** What draws messages of a kind of content that the shell does not draw itself. */
export function contentBody(kind: string): ContentBody | undefined {
  return slot('contentBodies').find(({ value }) => kind in value)?.value[kind as Content['kind']]
}
