/** Puts each text file of a build beside itself once more, packed as small as it gets: the server hands that out. */
import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Plugin } from 'vite'

/** Below this a packed file saves nothing: it travels in one packet anyhow. */
const BYTES_MIN = 1_024

export function precompressed(): Plugin {
  return {
    name: 'hutong-precompressed',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      if (dir === undefined) throw new Error('the build writes no folder')
      for (const file of Object.values(bundle)) {
        if (!/\.(js|css|html)$/.test(file.fileName)) continue
        const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source)
        if (bytes.length < BYTES_MIN) continue
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
        writeFileSync(join(dir, `${file.fileName}.br`), brotliCompressSync(bytes, { params }))
      }
    },
  }
}
