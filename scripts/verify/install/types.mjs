// TypeScript of each kind of resolution: compiled strictly, the declarations included, and what it emits is run.
import { join } from 'node:path'
import { root } from '../../ensure.mjs'
import { finish } from './processes.mjs'
import { expect, printed, project } from './project.mjs'
import { lockedVersion } from './registry.mjs'
import { npm, runTool, versionOf } from './tools.mjs'

const compilers = { typescript: 'lib/tsc.js', typescript7: 'bin/tsc' }
const common = ['--strict', '--exactOptionalPropertyTypes', '--target', 'es2022']

/** What is compiled for `bundler` is emitted as it stands. TypeScript 7 has no `node10`, for which shardmap names its types once more. */
const kinds = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'preserve', moduleResolution: 'bundler' },
  { module: 'commonjs', moduleResolution: 'node10', only: 'typescript' },
]
const adapters = { keyv: 1, unstorage: 2, keyv6: 3, fastify: [1, 1] }

async function check(compiler, { module, moduleResolution, only }, site) {
  const kind = ['--module', module, '--moduleResolution', moduleResolution]
  const tsc = async (files, ...flags) => {
    const out = join('out', `${compiler}-${moduleResolution}`)
    await runTool(`${compiler}/${compilers[compiler]}`, [...common, ...kind, '--outDir', out, ...flags, ...files], { cwd: site.typed })
    const scripts = files.map((file) => join(out, file.replace('.mts', '.mjs').replace('.cts', '.cjs')))
    return Promise.all(scripts.map(async (script) => (await finish(process.execPath, [script], { cwd: site.typed })).trim()))
  }
  // The oldest library that has what the declarations need, and all of them checked.
  const programs = only ? ['main.cts'] : ['main.mts', 'main.cts']
  for (const output of await tsc(programs, '--lib', 'es2022', '--types', 'node')) expect('what a program printed', output, printed)
  if (only) return 'compiled and run, with an adapter'
  // Without the types of Node those of browsers do; a library that has what the declarations bring themselves.
  await runTool(`${compiler}/${compilers[compiler]}`, [...kind, '--project', 'tsconfig.alone.json'], { cwd: site.typed })
  // The types of the peers themselves are not ours to check.
  const [output] = await tsc(['adapters.mts'], '--lib', 'esnext', '--types', 'node', '--skipLibCheck')
  expect('what the adapters printed', output, adapters)
  return 'compiled and run, with the adapters'
}

/** The project that all of them are compiled in, made once. */
export async function typedProject(site) {
  const folder = project('types', site, 'types')
  const others = ['@types/node', 'keyv', 'unstorage', 'fastify'].map((name) => `${name}@${lockedVersion(root, name)}`)
  await npm(['install', 'shardmap', ...others, '--loglevel=error'], { cwd: folder })
  return folder
}

export function typeCases(site) {
  return Object.keys(compilers).flatMap((compiler) => kinds.filter(({ only }) => !only || only === compiler).map((kind) => [`TypeScript ${versionOf(compiler)}`, `\`${kind.moduleResolution}\``, () => check(compiler, kind, site)]))
}
