// The package managers: each installs shardmap by name into an empty project, with empty caches, and the program is run there.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { targetOf } from '../../targets.mjs'
import { finish } from './processes.mjs'
import { broughtInto, expect, project, runPrograms } from './project.mjs'
import { binary, npm, runTool, versionOf } from './tools.mjs'

/** All that comes with shardmap: no other package, and no tool. */
const brought = /^(shardmap|shardmap-.*|\..*)$/
const mixed = { classes: true, adapters: true, data: 1 }

async function withNpm(name, site, flags) {
  const folder = project(name, site, 'program')
  await npm(['install', 'shardmap', '--loglevel=error', ...flags], { cwd: folder })
  expect('platforms that came', broughtInto(folder), [site.host])
  expect('what else came', readdirSync(join(folder, 'node_modules')).filter((name) => !brought.test(name)), [])
  await runPrograms(folder)
  expect('imported and required', (await finish(process.execPath, ['mixed.mjs'], { cwd: folder })).trim(), mixed)
  return `${site.host} came`
}

async function withPnpm(name, site, call) {
  const folder = project(name, site, 'program')
  // A package that is younger than a day is not taken otherwise.
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), `minimumReleaseAge: 0\nstoreDir: ${folder}-store\n`)
  await call(['add', 'shardmap'], { cwd: folder })
  expect('platforms that came', broughtInto(join(folder, 'node_modules')), [site.host])
  await runPrograms(folder)
  return `${site.host} came`
}

/** What comes where `libc` is not known. */
function withoutLibc(folder, { published, host }) {
  const { os, cpu } = targetOf(host).needs
  const fits = published.filter((platform) => targetOf(platform).needs.os[0] === os[0] && targetOf(platform).needs.cpu[0] === cpu[0])
  expect('platforms that came', broughtInto(folder), fits.sort())
  return `${fits.join(' and ')} came: \`libc\` is not looked at`
}

async function withYarn1(site) {
  const folder = project('yarn1', site, 'program')
  await runTool('yarn1/bin/yarn.js', ['add', 'shardmap', '--non-interactive', '--no-progress', '--cache-folder', `${folder}-cache`, '--registry', site.url], { cwd: folder })
  await runPrograms(folder)
  return withoutLibc(join(folder, 'node_modules'), site)
}

async function withYarn4(name, site, linker) {
  const folder = project(name, site, 'program')
  writeFileSync(join(folder, 'yarn.lock'), '')
  writeFileSync(join(folder, '.yarnrc.yml'), [
    `nodeLinker: ${linker}`, `npmRegistryServer: ${JSON.stringify(site.url)}`, 'unsafeHttpWhitelist: ["127.0.0.1"]', 'enableGlobalCache: false',
    'enableTelemetry: false', 'npmMinimalAgeGate: 0', 'checksumBehavior: update', `globalFolder: ${JSON.stringify(`${folder}-global`)}`,
  ].join('\n'))
  const yarn = (args) => runTool('@yarnpkg/cli-dist/bin/yarn.js', args, { cwd: folder })
  await yarn(['add', 'shardmap'])
  expect('platforms that came', broughtInto(folder), [site.host])
  await (linker === 'pnp' ? runPrograms(folder, (file) => yarn(['node', file])) : runPrograms(folder))
  return `${site.host} came`
}

async function withBun(site) {
  const folder = project('bun', site, 'program')
  const bun = binary('bun')
  await finish(bun, ['add', 'shardmap', '--minimum-release-age=0', '--cache-dir', `${folder}-cache`], { cwd: folder })
  expect('platforms that came', broughtInto(join(folder, 'node_modules')), [site.host])
  await runPrograms(folder)
  await runPrograms(folder, (file) => finish(bun, [file], { cwd: folder }))
  return `${site.host} came; ran on Node and on Bun`
}

async function withDeno(site) {
  const folder = project('deno', site, 'program')
  const env = { DENO_DIR: `${folder}-cache`, NPM_CONFIG_REGISTRY: site.url }
  const deno = binary('deno')
  await finish(deno, ['add', '--minimum-dependency-age=0', 'npm:shardmap'], { cwd: folder, env })
  await runPrograms(folder, (file) => finish(deno, ['run', '--minimum-dependency-age=0', '--allow-ffi', '--allow-read', '--allow-env', file], { cwd: folder, env }))
  return `${withoutLibc(folder, site)}; ran with --allow-ffi --allow-read --allow-env`
}

const pnpm10 = (args, options) => runTool('pnpm10/bin/pnpm.cjs', args, options)
const pnpm = (args, options) => finish(binary('pnpm'), args, options)

/** What each has to be told beside the package's name stands in the second column: nothing. */
export async function managerCases(site) {
  const npmVersion = (await npm(['--version'])).trim()
  const [yarn1, yarn4] = [versionOf('yarn1'), versionOf('@yarnpkg/cli-dist')]
  return [
    [`npm ${npmVersion}`, '', () => withNpm('npm', site, [])],
    [`npm ${npmVersion}`, '`--ignore-scripts`', () => withNpm('npm-no-scripts', site, ['--ignore-scripts'])],
    [`pnpm ${versionOf('pnpm10')}`, '', () => withPnpm('pnpm10', site, pnpm10)],
    [`pnpm ${versionOf('pnpm')}`, '', () => withPnpm('pnpm', site, pnpm)],
    [`Yarn ${yarn1}`, '', () => withYarn1(site)],
    [`Yarn ${yarn4}, node-modules`, '', () => withYarn4('yarn4', site, 'node-modules')],
    [`Yarn ${yarn4}, Plug'n'Play`, '', () => withYarn4('yarn4-pnp', site, 'pnp')],
    [`Bun ${versionOf('bun')}`, '', () => withBun(site)],
    [`Deno ${versionOf('deno')}`, '', () => withDeno(site)],
  ]
}
