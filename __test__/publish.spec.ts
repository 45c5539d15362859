// What is published, in which order, and what happens when it broke off; npm and its registry are a program of the tests.
import test, { type ExecutionContext } from 'ava'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = dirname(createRequire(import.meta.url).resolve('shardmap/package.json'))
const load = (name: string) => import(pathToFileURL(join(root, 'scripts', name)).href)
const { packagesOf, publish } = await load('publish.mjs')
const { packageOf, targets } = await load('targets.mjs')
const platforms: string[] = targets.map(({ platform }: { platform: string }) => packageOf(platform))
const version = '9.8.7'

/** A folder with all tarballs, and a registry that is empty. */
function begun(t: ExecutionContext, of = version) {
  const folder = mkdtempSync(join(tmpdir(), 'shardmap-publish-'))
  const path = join(folder, 'registry.json')
  const before = { ...process.env }
  const changed = ['npm_execpath', 'FAKE_REGISTRY', 'FAKE_FAILS', 'FAKE_DOWN']
  Object.assign(process.env, { npm_execpath: join(root, '__test__', 'fixtures', 'npm.cjs'), FAKE_REGISTRY: path })
  t.teardown(() => {
    // One by one: in Deno another object in its place is no environment of processes that are started.
    for (const name of changed) before[name] === undefined ? delete process.env[name] : (process.env[name] = before[name])
    rmSync(folder, { recursive: true, force: true })
  })
  writeFileSync(path, JSON.stringify({ packages: {}, calls: [] }))
  for (const name of [...platforms, 'shardmap']) writeFileSync(join(folder, `${name}-${of}.tgz`), `${name} as it is`)
  const registry = (): { packages: Record<string, string>; calls: string[] } => JSON.parse(readFileSync(path, 'utf8'))
  return { folder, registry, packages: () => packagesOf(folder, of), names: () => registry().calls.map(call => call.split(' ')[0]) }
}

const quiet = { say() {}, patience: 0 }

test.serial('every platform is published before shardmap, public, with provenance', async t => {
  const { packages, registry, names } = begun(t)
  await publish(packages(), quiet)
  t.deepEqual(names(), [...platforms, 'shardmap'])
  t.true(registry().calls.every(call => call.endsWith(' --ignore-scripts --access public --tag latest --provenance')))
})

test.serial('what broke off goes on where it was, and what is complete is left alone', async t => {
  const { packages, registry, names } = begun(t)
  process.env.FAKE_FAILS = platforms[3]
  await t.throwsAsync(publish(packages(), quiet), { message: /E500/ })
  t.deepEqual(names(), platforms.slice(0, 3))
  delete process.env.FAKE_FAILS
  await publish(packages(), quiet)
  t.deepEqual(names(), [...platforms, 'shardmap'])
  await publish(packages(), quiet)
  t.is(registry().calls.length, platforms.length + 1)
})

test.serial('another package under the same name and version stops it before anything is published', async t => {
  const { folder, packages, names } = begun(t)
  process.env.FAKE_FAILS = platforms[1]
  await t.throwsAsync(publish(packages(), quiet))
  delete process.env.FAKE_FAILS
  writeFileSync(join(folder, `${platforms[0]}-${version}.tgz`), 'built anew')
  await t.throwsAsync(publish(packages(), quiet), { message: /the registry has another .* a new version is needed/ })
  t.deepEqual(names(), platforms.slice(0, 1))
})

test.serial('a registry that cannot be asked is not one that has nothing', async t => {
  const { packages, names } = begun(t)
  process.env.FAKE_DOWN = '1'
  await t.throwsAsync(publish(packages(), quiet), { message: /could not be asked/ })
  t.deepEqual(names(), [])
})

test.serial('without the package of one platform nothing is published; a dry run says so and tries the others', async t => {
  const { folder, packages, registry, names } = begun(t)
  rmSync(join(folder, `${platforms[2]}-${version}.tgz`))
  await t.throwsAsync(publish(packages(), quiet), { message: `not packed: ${platforms[2]}` })
  t.deepEqual(names(), [])
  const said: string[] = []
  await publish(packages(), { dryRun: true, say: (line: string) => said.push(line) })
  t.deepEqual(registry().packages, {})
  t.is(said.at(-1), `not packed, and so not tried: ${platforms[2]}`)
  t.is(names().length, platforms.length)
})

test.serial('a version before a release is not what users get unasked', async t => {
  const { packages, registry } = begun(t, '9.8.7-rc.1')
  await publish(packages(), quiet)
  t.true(registry().calls.every(call => call.includes('--tag next')))
})
