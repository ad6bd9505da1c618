/** SHA-256 of a chunk. The browser computes it beside the page's thread, with the processor's own instructions. */
export async function leafOf(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data))
}
