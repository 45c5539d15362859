// What a release publishes with, beside a registry: scripts/publish.mjs, once for all cases, and then what it does when it is run again.
import { appendFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { packagesOf, publish } from '../../publish.mjs'
import { area } from './processes.mjs'
import { expect } from './project.mjs'

/** Of the platforms that were built; a release refuses to leave one out. */
const packagesIn = (folder, version) => packagesOf(folder, version).filter(({ integrity }) => integrity)

async function said(packages, env) {
  const lines = []
  await publish(packages, { env, provenance: false, say: (line) => lines.push(line) })
  return lines
}

async function again(packages, env) {
  expect('what it says', await said(packages, env), packages.map(({ name, version }) => `${name}@${version}: the registry has it`))
  return 'the registry has it: nothing is published again'
}

/** The same name and version, another file. */
async function another(packages, env) {
  const [{ name, version, file }] = packages
  const folder = join(area, 'another')
  cpSync(file, join(folder, `${name}-${version}.tgz`))
  appendFileSync(join(folder, `${name}-${version}.tgz`), 'built anew')
  const refusal = await said(packagesIn(folder, version), env).catch(({ message }) => message)
  if (!String(refusal).includes(`the registry has another ${name}@${version}`)) throw new Error(`it was not refused: ${refusal}`)
  return 'refused: a new version is needed'
}

async function incomplete({ version }, env) {
  const refusal = await said(packagesOf(area, version), env).catch(({ message }) => message)
  if (!String(refusal).startsWith('not packed: shardmap-')) throw new Error(`it was not refused: ${refusal}`)
  return 'refused: not packed'
}

/** Publishes, and gives the cases. */
export async function publishCases(packed, env) {
  const main = packed.find(({ platform }) => !platform)
  const packages = packagesIn(join(main.file, '..'), main.version)
  expect('what is published', await said(packages, env), packages.map(({ name, version }) => `${name}@${version}: published`))
  return [
    ['`scripts/publish.mjs`', 'run again', () => again(packages, env)],
    ['`scripts/publish.mjs`', 'another file under the same version', () => another(packages, env)],
    ['`scripts/publish.mjs`', 'a platform that is missing', () => incomplete(main, env)],
  ]
}
