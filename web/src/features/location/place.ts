/** Coordinates as people write them. Pure. */
export interface Coordinates {
  latitude: number
  longitude: number
}

/** "39.9402, 116.4033", with any comma or space; undefined for what is no place. */
export function parseCoordinates(text: string): Coordinates | undefined {
  const found = /^\s*(-?\d{1,3}(?:\.\d{1,12})?)°?\s*[,，;\s]\s*(-?\d{1,3}(?:\.\d{1,12})?)°?\s*$/.exec(text)
  if (!found) return undefined
  const latitude = Number(found[1])
  const longitude = Number(found[2])
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined
}

/** Five digits are about a metre. */
export function writeCoordinates({ latitude, longitude }: Coordinates): string {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`
}

/** What a phone opens in its map; elsewhere a page of a map, only when it is pressed. */
export function mapLink(place: Coordinates, phone: boolean): string {
  const { latitude, longitude } = place
  const at = `${latitude.toFixed(6)},${longitude.toFixed(6)}`
  if (phone) return `geo:${at}?q=${at}`
  return `https://www.openstreetmap.org/?mlat=${latitude.toFixed(6)}&mlon=${longitude.toFixed(6)}#map=16/${at.replace(',', '/')}`
}
