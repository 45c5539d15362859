// What comes with shardmap from others, by its lock file; ci/audit.sh asks more.
import test from 'ava'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { dirname, join } from 'node:path'

const root = dirname(createRequire(import.meta.url).resolve('shardmap/package.json'))
const { faultsOf, locks, readLock } = await import(pathToFileURL(join(root, 'scripts', 'locks.mjs')).href)

/** In the folder and those below it that are no modules, nor made by a build. */
function locksUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = [folder, entry.name].filter(Boolean).join('/')
    if (!entry.isDirectory()) return entry.name === 'package-lock.json' ? [path] : []
    return ['node_modules', 'build', 'target', '.git'].includes(entry.name) ? [] : locksUnder(path)
  })
}

test('no lock file is left out', t => {
  t.deepEqual(locksUnder('').sort(), [...locks].sort())
})

for (const path of locks) {
  test(`${path}: every package is from the registry, with a hash and a licence that is allowed`, t => {
    t.deepEqual(faultsOf(readLock(path), path === locks[0]), [])
  })
}

test('a package from a git repository, without a hash, of another licence, with a script, or that users would get, is told', t => {
  const whole = readLock(locks[0])
  const told = (change: (packages: any) => void): string[] => {
    const lock = structuredClone(whole)
    change(lock.packages)
    return faultsOf(lock)
  }
  const sound = whole.packages['node_modules/msgpackr']
  const bad: [object, RegExp][] = [
    [{ resolved: 'git+ssh://git@example.com/it.git#1' }, /from git\+ssh/],
    [{ integrity: undefined }, /no SHA-512/],
    [{ integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }, /no SHA-512/],
    [{ license: 'GPL-3.0-only' }, /licence GPL/],
    [{ license: '(MIT AND GPL-3.0-only)' }, /licence/],
    [{ license: undefined }, /licence/],
    [{ hasInstallScript: true }, /runs a script/],
  ]
  for (const [change, sentence] of bad) {
    const faults = told(packages => (packages['node_modules/msgpackr'] = { ...sound, ...change }))
    t.is(faults.length, 1, String(sentence))
    t.regex(faults[0], sentence)
  }
  t.regex(told(packages => (packages['node_modules/more'] = sound))[0], /would come with shardmap/)
  t.deepEqual(Object.keys(readLock(locks[0]).packages[''].dependencies), ['msgpackr'])
})
