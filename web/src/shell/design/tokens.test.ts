import { describe, expect, it } from 'vitest'
import css from './tokens.css?raw'

/** The custom properties of one theme that are plain colours. */
function colours(theme: string): Map<string, string> {
  return new Map(
    [...theme.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name ?? '', value ?? '']),
  )
}

const [lightCss = '', darkCss = ''] = css.split(":root[data-theme='dark']")
const light = colours(lightCss)
const dark = colours(darkCss)

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(theme: Map<string, string>, text: string, ground: string): number {
  const [a, b] = [text, ground].map((name) => luminance(theme.get(name) ?? '#000000')).sort((x, y) => y - x)
  return ((a ?? 0) + 0.05) / ((b ?? 0) + 0.05)
}

const grounds = ['wall', 'paper', 'paper-2', 'raised', 'bubble']
const pairs: [text: string, ground: string][] = [
  ...grounds.flatMap((ground): [string, string][] =>
    ['ink', 'ink-2', 'door-text', 'court'].map((text) => [text, ground]),
  ),
  ['ink-2', 'wall-deep'],
  ['door-text', 'paper'],
  ['on-door', 'door'],
  ['on-door', 'door-deep'],
  ['on-brick', 'brick'],
  ['court', 'court-wash'],
  ['ink-2', 'brass-wash'],
  ['brass-text', 'brass-wash'],
  ['door-text', 'door-wash'],
]

describe.each([
  ['light', light],
  ['dark', dark],
])('%s', (_name, theme) => {
  it('has the same colours as the other theme', () => {
    expect([...theme.keys()].sort()).toEqual([...light.keys()].sort())
  })

  it.each(pairs)('%s on %s can be read (AA)', (text, ground) => {
    expect(contrast(theme, text, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['wall', 'paper', 'raised'])('the focus ring stands out from %s', (ground) => {
    expect(contrast(theme, 'brass', ground)).toBeGreaterThanOrEqual(3)
  })
})
