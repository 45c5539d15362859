// What is published is not dist/ as the other tests use it, but a bundle of the same sources: build/published, without the binary.
import test from 'ava'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'

const require = createRequire(import.meta.url)
const root = dirname(require.resolve('shardmap/package.json'))
const published = join(root, 'build', 'published')
const { libcOf, platformOf } = require('../../dist/platform.js')
const addon = process.env['SHARDMAP_BINARY'] || join(root, `shardmap.${platformOf(process, libcOf(process))}.node`)

/** A project with the package and these others in its node_modules, and no more. */
const area = realpathSync(mkdtempSync(join(tmpdir(), 'shardmap-published-')))
test.after.always(() => rmSync(area, { recursive: true, force: true }))
const installed = join(area, 'node_modules', 'shardmap')
mkdirSync(join(area, 'node_modules'))
// Deno imports only what is a dependency.
writeFileSync(join(area, 'package.json'), JSON.stringify({ dependencies: { shardmap: '*', keyv: '*', unstorage: '*' } }))
cpSync(published, installed, { recursive: true })
for (const name of ['keyv', 'unstorage']) symlinkSync(realpathSync(join(root, 'node_modules', name)), join(area, 'node_modules', name), 'junction')

/** What a fresh process prints that runs the code as CommonJS in the project. */
function printed(code: string): any {
  const say = `const say = it => process.stdout.write(JSON.stringify(it));`
  // From a file: what Deno takes by -e cannot import.
  const file = join(area, 'program.cjs')
  writeFileSync(file, say + code)
  return JSON.parse(execFileSync(process.execPath, [file], { cwd: area, encoding: 'utf8', env: { ...process.env, SHARDMAP_BINARY: addon, NODE_NO_WARNINGS: '1' } }))
}

test('every file that users get is in scripts/verify/install/contents.txt, and no other', t => {
  const listed = readFileSync(join(root, 'scripts', 'verify', 'install', 'contents.txt'), 'utf8').trim().split('\n')
  const there = readdirSync(published, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(published, join(entry.parentPath ?? entry.path, entry.name)).replaceAll(sep, '/'))
  t.deepEqual(there.sort(), listed.sort())
})

test('nothing comes with the package, and nothing of it runs when it is installed', t => {
  const manifest = JSON.parse(readFileSync(join(published, 'package.json'), 'utf8'))
  for (const key of ['dependencies', 'bundleDependencies', 'scripts', 'devDependencies']) t.false(key in manifest, key)
  for (const name of Object.keys(manifest.peerDependencies)) t.true(manifest.peerDependenciesMeta[name]?.optional, name)
})

test('what others wrote is named, with the version that is installed here and its licence', t => {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'msgpackr', 'package.json'), 'utf8'))
  const notices = readFileSync(join(published, 'THIRD-PARTY.md'), 'utf8')
  t.true(notices.includes(`msgpackr ${version},`))
  t.true(notices.includes('Permission is hereby granted'))
  t.true(readFileSync(join(published, 'dist', 'msgpackr.js'), 'utf8').startsWith(`/*! msgpackr ${version}, Copyright`))
})

test('what is imported, what is required and what the adapters use is one class, by its own name', t => {
  const seen = printed(`(async () => {
    const required = require('shardmap'), imported = await import('shardmap')
    const { SharedCacheStore } = require('shardmap/keyv'), again = await import('shardmap/keyv'), unstorage = require('shardmap/unstorage')
    const names = Object.keys(required).sort()
    let refused
    try { new SharedCacheStore({ name: 'a', max: -1 }) } catch (error) { refused = error instanceof required.ShardmapError }
    say({ names, same: names.every(name => required[name] === imported[name] && required[name].name === name), adapters: again.SharedCacheStore === SharedCacheStore, refused, functions: Object.keys(unstorage).length > 0 })
  })()`)
  t.deepEqual(seen, { names: ['ShardmapError', 'SharedCache', 'SharedMap', 'SnapshotMap'], same: true, adapters: true, refused: true, functions: true })
})

test('stack traces have the names of the sources', t => {
  const stack: string = printed(`try { require('shardmap').SharedMap.open('a').set(Symbol.iterator, 1) } catch (error) { say(error.stack) }`)
  // Bun names a method without its class.
  t.regex(stack, 'bun' in process.versions ? /at set .*[/\\]index\.js:\d+:\d+/ : /at SharedMap\.set .*[/\\]index\.js:\d+:\d+/)
})

test('objects, and what only V8 can serialize, come back without msgpackr-extract', t => {
  const code = `const map = require('shardmap').SharedMap.open('a')
    map.set('plain', { text: 'x'.repeat(40), list: ['é', 'b'.repeat(90), 'c'] }); map.set('set', new Set([1]))
    say([map.get('plain'), [...map.get('set')], Object.keys(require.cache).some(file => file.includes('msgpackr-extract'))])`
  const plain = { text: 'x'.repeat(40), list: ['é', 'b'.repeat(90), 'c'] }
  t.deepEqual(printed(code), [plain, [1], false])
})

test('msgpackr-extract is used where it is installed', t => {
  const project = join(area, 'with')
  cpSync(published, join(project, 'node_modules', 'shardmap'), { recursive: true })
  mkdirSync(join(project, 'node_modules', 'msgpackr-extract'))
  writeFileSync(join(project, 'node_modules', 'msgpackr-extract', 'index.js'), 'globalThis.used = true; exports.extractStrings = () => []')
  t.true(printed(`require(${JSON.stringify(join(project, 'node_modules', 'shardmap'))}).SharedMap.open('a').set('k', {}); say(globalThis.used === true)`))
})

test('two copies in a process are told', t => {
  const copy = join(area, 'copy', 'node_modules', 'shardmap')
  cpSync(published, copy, { recursive: true })
  const code = `const warnings = []
    process.on('warning', ({ code }) => warnings.push(code))
    require('shardmap'); require(${JSON.stringify(copy)})
    setImmediate(() => say(warnings))`
  t.deepEqual(printed(code), ['SHARDMAP_TWO_COPIES'])
})
