// What is in the tarballs: the files that contents.txt lists and no other, and what the linters of packages say of them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { binaryOf } from '../../targets.mjs'
import { expect } from './project.mjs'
import { runTool } from './tools.mjs'

const lines = (name) => readFileSync(new URL(name, import.meta.url), 'utf8').split('\n').filter((line) => line !== '')

/** Of the main one as listed; of a platform's its binary and what tells about it. */
export const listed = (platform) => (platform ? ['LICENSE', 'README.md', 'package.json', binaryOf(platform)] : lines('contents.txt')).sort()

function contents({ name, platform, files, folder, version }, all) {
  const must = listed(platform)
  const [more, missing] = [files.filter((file) => !must.includes(file)), must.filter((file) => !files.includes(file))]
  if (more.length > 0) throw new Error(`${name} has ${more.join(', ')}, which scripts/verify/install/contents.txt does not list`)
  if (missing.length > 0) throw new Error(`${name} lacks ${missing.join(', ')}`)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const key of ['scripts', 'devDependencies', 'gypfile', 'bundleDependencies', 'private']) if (key in manifest) throw new Error(`${name}: package.json has "${key}"`)
  expect(`licence and version of ${name}`, [manifest.license, manifest.version], ['MIT', version])
  if (!platform) {
    const platforms = Object.fromEntries(all.filter((one) => one.platform).map((one) => [one.name, version]))
    expect('the optional dependencies', manifest.optionalDependencies, platforms)
  }
  return `${files.length} files, all listed; no script`
}

async function publint({ name, file }) {
  const said = await runTool('publint/src/cli.js', ['run', file, '--strict'], { all: true })
  if (!said.includes('All good!')) throw new Error(`publint of ${name}:\n${said}`)
}

async function linted(packed) {
  for (const one of packed) await publint(one)
  return `${packed.length} packages, nothing to say`
}

async function typed({ file }) {
  await runTool('@arethetypeswrong/cli/dist/index.js', [file, '--format', 'ascii', '--no-color', '--no-emoji'])
  return 'no problems, for `node10`, `node16` and `bundler`'
}

export function tarballCases(packed) {
  const main = packed.find(({ platform }) => !platform)
  return [
    ...packed.map((one) => [`\`${one.name}\``, 'contents', async () => contents(one, packed)]),
    ['publint', '`--strict`', () => linted(packed)],
    ['Are the types wrong?', 'every way to resolve them', () => typed(main)],
  ]
}
