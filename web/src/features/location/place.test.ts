import { describe, expect, it } from 'vitest'
import { mapLink, parseCoordinates, writeCoordinates } from './place'

describe('coordinates', () => {
  it('are read as people write them', () => {
    const lane = { latitude: 39.9402, longitude: 116.4033 }
    for (const text of [
      '39.9402, 116.4033',
      '39.9402，116.4033',
      ' 39.9402 116.4033 ',
      '39.9402°, 116.4033°',
    ])
      expect(parseCoordinates(text)).toEqual(lane)
    expect(parseCoordinates('-33, -70.5')).toEqual({ latitude: -33, longitude: -70.5 })
  })

  it('lie on the earth', () => {
    for (const text of ['', 'here', '91, 0', '0, 181', '1,2,3', '1e3, 4'])
      expect(parseCoordinates(text)).toBe(undefined)
  })

  it('are written so that they can be read again', () => {
    const place = { latitude: -0.5, longitude: 12.345678 }
    expect(parseCoordinates(writeCoordinates(place))).toEqual({ latitude: -0.5, longitude: 12.34568 })
  })

  it('lead to a map', () => {
    const place = { latitude: 39.9, longitude: 116.4 }
    expect(mapLink(place, true)).toBe('geo:39.900000,116.400000?q=39.900000,116.400000')
    expect(mapLink(place, false)).toContain('mlat=39.900000&mlon=116.400000')
  })
})
