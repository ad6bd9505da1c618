/** What the server accepts; checked here first, so that one learns of it while typing. */
export const HANDLE = /^[a-z0-9_]{3,32}$/
export const NAME_MAX = 64
