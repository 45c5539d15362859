// Empty projects, the programs that are put into them, and what an installation has brought.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { targets } from '../../targets.mjs'
import { area, finish } from './processes.mjs'

const templates = fileURLToPath(new URL('projects', import.meta.url))
const platforms = new Map(targets.map(({ platform }) => [`shardmap-${platform}`, platform]))

/** A folder with nothing but a manifest, the registry and the files of `template`. */
export function project(name, { url }, template, manifest = {}) {
  const folder = join(area, 'projects', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true, ...manifest }, null, 2))
  writeFileSync(join(folder, '.npmrc'), `registry=${url}\naudit=false\nfund=false\n`)
  if (template) cpSync(join(templates, template), folder, { recursive: true })
  return folder
}

/** The platforms whose packages lie anywhere in a folder, as folders, links or archives. */
export function broughtInto(folder) {
  const found = new Set()
  for (const { name } of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    for (const [title, platform] of platforms) if (name === title || name.startsWith(`${title}-npm-`) || name.startsWith(`${title}@`)) found.add(platform)
  }
  return [...found].sort()
}

export function expect(what, found, wanted) {
  const [is, must] = [found, wanted].map((it) => (typeof it === 'string' ? it : JSON.stringify(it)))
  if (is !== must) throw new Error(`${what}: ${is}, and must be ${must}`)
}

const whole = { hits: 3000, version: 3, prices: 3, loads: 1 }

/** Runs main.mjs and main.cjs, by default with this Node. */
export async function runPrograms(folder, runs = (file) => finish(process.execPath, [file], { cwd: folder })) {
  for (const file of ['main.mjs', 'main.cjs']) expect(`what ${file} printed`, (await runs(file)).trim(), whole)
}

export const printed = whole
