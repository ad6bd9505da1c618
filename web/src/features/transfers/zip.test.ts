import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { zip } from './zip'

test('an archive that other programs read: names, folders, contents, checksums', async () => {
  const archive = await zip([
    { path: '照片/一.txt', data: new Blob(['one']) },
    { path: 'b/large.bin', data: new Blob([new Uint8Array(300_000).fill(7)]) },
    { path: 'b/empty', data: new Blob([]) },
    { path: 'none/', data: new Blob([]) },
  ])
  const file = join(mkdtempSync(join(tmpdir(), 'zip-')), 'all.zip')
  writeFileSync(file, new Uint8Array(await archive.arrayBuffer()))
  const script = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps([[each.filename, each.is_dir(), archive.read(each).hex()[:12]] for each in archive.infolist()]))`
  const said: unknown = JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }))
  expect(said).toEqual([
    ['照片/一.txt', false, '6f6e65'],
    ['b/large.bin', false, '070707070707'],
    ['b/empty', false, ''],
    ['none/', true, ''],
  ])
})
