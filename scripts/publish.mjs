// Publishes what scripts/pack.mjs packed into build/packages: the platforms' packages, and once the registry has all of them, shardmap, which names them. What the registry
// has already, bit for bit, is passed over, so that a run that broke off is simply run again; if it has something else under that name and version, nothing more is published.
//   node scripts/publish.mjs [--dry-run] [--without-provenance]   --dry-run: publishes nothing, and says what is missing; without provenance: to a registry that knows none
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { npmCommand, root, stop } from './ensure.mjs'
import { packageOf, targets } from './targets.mjs'
import { versionOf } from './version.mjs'

function npm(env, ...args) {
  const [command, ...before] = npmCommand()
  const { status, stdout, stderr, error } = spawnSync(command, [...before, ...args], { cwd: root, encoding: 'utf8', env })
  if (error) throw error
  return { ok: status === 0, stdout, stderr }
}

/** All that make a version, in the order in which they are published. */
export function packagesOf(folder, version) {
  return [...targets.map(({ platform }) => packageOf(platform)), 'shardmap'].map((name) => {
    const file = join(folder, `${name}-${version}.tgz`)
    const integrity = existsSync(file) ? `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}` : undefined
    return { name, version, file, integrity }
  })
}

/** What the registry has under that name and version; `undefined` if it says that it has nothing. */
function published({ name, version }, env) {
  const { ok, stdout, stderr } = npm(env, 'view', `${name}@${version}`, 'dist.integrity', '--json', '--prefer-online')
  if (ok) return stdout.trim() ? JSON.parse(stdout) : undefined
  if (/\bE404\b/.test(stdout + stderr)) return undefined
  throw new Error(`the registry could not be asked for ${name}@${version}: ${stderr}`)
}

async function untilPublished(packages, patience, env) {
  for (const one of packages) {
    for (let waited = 0; published(one, env) !== one.integrity; waited += 1000) {
      if (waited >= patience) throw new Error(`${one.name}@${one.version} is published, but the registry does not show it: run this again later`)
      await setTimeout(1000)
    }
  }
}

/** `env` has npm's settings: which registry, and who publishes. */
export async function publish(packages, { dryRun = false, provenance = true, patience = 300_000, say = console.log, env = process.env } = {}) {
  const missing = packages.filter(({ integrity }) => !integrity).map(({ name }) => name)
  if (missing.length > 0 && !dryRun) throw new Error(`not packed: ${missing.join(', ')}`)
  const there = packages.filter(({ integrity }) => integrity)
  const before = new Map(there.map((one) => [one, published(one, env)]))
  for (const [{ name, version, integrity }, has] of before) {
    if (has && has !== integrity) throw new Error(`the registry has another ${name}@${version} (${has}): a new version is needed`)
  }
  for (const one of there) {
    const { name, version, file } = one
    if (before.get(one)) {
      say(`${name}@${version}: the registry has it`)
      continue
    }
    if (one === packages.at(-1) && !dryRun) await untilPublished(packages.slice(0, -1), patience, env)
    const options = ['--access', 'public', '--tag', version.includes('-') ? 'next' : 'latest', ...(provenance ? ['--provenance'] : []), ...(dryRun ? ['--dry-run'] : [])]
    const { ok, stderr } = npm(env, 'publish', file, '--ignore-scripts', ...options)
    if (!ok) throw new Error(`npm publish of ${name}@${version}: ${stderr}`)
    say(`${name}@${version}: ${dryRun ? 'would be published' : 'published'}`)
  }
  if (missing.length > 0) say(`not packed, and so not tried: ${missing.join(', ')}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = process.argv.slice(2)
  const unknown = options.find((option) => !['--dry-run', '--without-provenance'].includes(option))
  if (unknown) stop(`publish.mjs takes --dry-run and --without-provenance, not ${unknown}`)
  try {
    await publish(packagesOf(join(root, 'build', 'packages'), versionOf(root)), { dryRun: options.includes('--dry-run'), provenance: !options.includes('--without-provenance') })
  } catch (error) {
    stop(error.message)
  }
}
