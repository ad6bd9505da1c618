/** Adds `sw.js` to a build: the worker's source after a list of the build's files and a version made of them. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const SOURCE = join(import.meta.dirname, 'src/shell/pwa/service-worker.js')
const PUBLIC = join(import.meta.dirname, 'public')

export function serviceWorker(): Plugin {
  return {
    name: 'hutong-service-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const built = Object.values(bundle).filter(({ fileName }) => !fileName.endsWith('.map'))
        const copied = readdirSync(PUBLIC)
        const hash = createHash('sha256').update(readFileSync(SOURCE))
        for (const file of built)
          hash.update(file.fileName).update(file.type === 'chunk' ? file.code : file.source)
        for (const name of copied) hash.update(name).update(readFileSync(join(PUBLIC, name)))
        const assets = built.map(({ fileName }) => fileName).filter((name) => name !== 'index.html')
        const files = ['', ...assets, ...copied].map((name) => `/${name}`).sort()
        const version = hash.digest('hex').slice(0, 16)
        const source = `const VERSION = ${JSON.stringify(version)}\nconst FILES = ${JSON.stringify(files)}\n`
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: source + readFileSync(SOURCE, 'utf8') })
      },
    },
  }
}
