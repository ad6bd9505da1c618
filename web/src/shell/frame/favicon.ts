/** The door of `Logo`, small; with a dot when something is unread. Drawn as an SVG so that it needs no canvas. */
const DOOR = `
<clipPath id="e"><rect width="64" height="64" rx="15"/></clipPath>
<g clip-path="url(#e)"><path fill="#c23522" d="M0 0h64v64H0z"/><path fill="#8c2013" d="M0 56h64v8H0zM30.5 14h3v50h-3z"/>
<path fill="#4a5054" d="M0 0h64v15a8 8 0 0 1-16 0 8 8 0 0 1-16 0 8 8 0 0 1-16 0 8 8 0 0 1-16 0z"/>
<g fill="none" stroke="#efbf68" stroke-width="4"><circle cx="19" cy="40" r="5.5"/><circle cx="45" cy="40" r="5.5"/></g></g>`

const DOT = `<circle cx="48" cy="16" r="16" fill="#fffdfa"/><circle cx="48" cy="16" r="12.5" fill="#d3331f"/>`

export function badgedIcon(unread: boolean): string {
  if (!unread) return '/favicon.svg'
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">${DOOR}${DOT}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
