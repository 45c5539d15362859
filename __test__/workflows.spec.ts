// What the workflows of GitHub name is there, and a release has all platforms.
import test from 'ava'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './fixtures/pages.js'

const { targets } = await import(pathToFileURL(join(root, 'scripts', 'targets.mjs')).href)
const platforms: string[] = targets.map(({ platform }: { platform: string }) => platform)
const folder = join(root, '.github', 'workflows')
const workflows = new Map(readdirSync(folder).map(file => [file, readFileSync(join(folder, file), 'utf8')]))
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** A job of the release, from its name to the next one's. */
function job(name: string): string {
  const text = workflows.get('release.yml')!
  const [, after] = text.split(`\n  ${name}:\n`)
  return after!.split(/^ {2}[\w-]+:$/m)[0]!
}

const words = (text: string) => text.split(/[\s,]+/).filter(Boolean)

for (const [file, text] of workflows) {
  test(`the scripts that ${file} runs are there`, t => {
    for (const [, path] of text.matchAll(/(?:bash|node) ((?:ci|scripts)\/[\w./-]+)/g)) t.true(existsSync(root + path), path)
    for (const [, name] of text.matchAll(/npm run ([\w:]+)/g)) t.true(Object.hasOwn(scripts, name!), name)
    const listed = [...text.matchAll(/\bscript: \[(.*)\]/g)].flatMap(([, names]) => words(names!))
    const alone = [...text.matchAll(/\{ script: ([\w-]+)/g)].map(([, name]) => name!)
    for (const name of [...listed, ...alone]) t.true(existsSync(`${root}ci/${name}.sh`), name)
    for (const [, name] of text.matchAll(/\{ what: (\w+)/g)) t.true(`verify:${name}` in scripts, name)
  })
}

test('a release builds every platform, those of Windows with the linker of Microsoft', t => {
  const byZig = words(/ci\/prebuild\.sh (.*)/.exec(job('linux-and-macos'))![1]!)
  const byMicrosoft = words(/platform: \[(.*)\]/.exec(job('windows'))![1]!)
  t.deepEqual([...byZig, ...byMicrosoft], platforms)
  t.deepEqual(byMicrosoft, platforms.filter(platform => platform.startsWith('win32-')))
})

test('a release runs the suite on every platform that GitHub has, on the binaries that it publishes', t => {
  const text = job('suite')
  const run = [...text.matchAll(/\{ platform: ([\w-]+), runner: /g)].map(([, platform]) => platform!)
  t.deepEqual(run, platforms.filter(platform => !platform.endsWith('-musl') && platform !== 'linux-arm-gnueabihf'))
  t.regex(text, /needs: \[linux-and-macos, windows\]/)
  t.regex(text, /pattern: binaries-\*\n\s+path: npm\n\s+merge-multiple: true/)
})

test('nothing is published that was not checked, tested and packed, and no other job may speak for the project', t => {
  t.regex(job('publish'), /needs: \[check, suite, pack\]/)
  t.regex(job('announce'), /needs: publish\n/)
  const all = [...workflows.values()].join('\n')
  t.deepEqual(all.match(/^ +[\w-]+: write/gm)!.map(line => line.trim()), ['id-token: write', 'contents: write'])
  t.true(job('publish').includes('id-token: write'))
  t.true(job('announce').includes('contents: write'))
  t.false(/npm (?:ci|install)|npm run|bash /.test(job('publish')), 'it runs nothing of others')
})
