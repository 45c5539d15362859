// What is published is listed; `npm run verify:install` compares the tarballs with the same list.
import test from 'ava'
import { createRequire } from 'node:module'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

const root = dirname(createRequire(import.meta.url).resolve('shardmap/package.json'))
const folders = ['adapters', 'dist']

test('every file that users get is in scripts/verify/install/contents.txt, and no other', t => {
  const listed = readFileSync(join(root, 'scripts', 'verify', 'install', 'contents.txt'), 'utf8').trim().split('\n')
  const there = folders.flatMap(folder =>
    readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
      .filter(entry => entry.isFile())
      .map(entry => relative(root, join(entry.parentPath ?? entry.path, entry.name)).replaceAll(sep, '/')),
  )
  t.deepEqual(there.sort(), listed.filter(file => folders.includes(file.split('/')[0]!)).sort())
})
