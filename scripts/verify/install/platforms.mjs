// What comes where, and what is said where nothing comes.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { targets } from '../../targets.mjs'
import { finish } from './processes.mjs'
import { broughtInto, expect, project } from './project.mjs'
import { npm } from './tools.mjs'

const flagsOf = ({ needs }) => Object.entries(needs).map(([key, [value]]) => `--${key}=${value}`)

/** npm told that it runs elsewhere. */
async function elsewhere(target, site) {
  const { platform } = target
  const folder = project(`for-${platform}`, site)
  await npm(['install', 'shardmap', '--ignore-scripts', '--loglevel=error', ...flagsOf(target)], { cwd: folder })
  expect('platforms that came', broughtInto(folder), [platform])
  return `${platform} came, alone`
}

async function withoutOptional(site) {
  const folder = project('without-optional', site, 'program')
  await npm(['install', 'shardmap', '--omit=optional', '--loglevel=error'], { cwd: folder })
  expect('platforms that came', broughtInto(folder), [])
  const output = await finish(process.execPath, ['missing.cjs'], { cwd: folder })
  const { name, code, message } = JSON.parse(output || '{}')
  expect('the error', { name, code }, { name: 'ShardmapError', code: 'ERR_SHARDMAP_BINARY' })
  for (const word of [`shardmap-${site.host}`, process.platform, process.arch, '--omit=optional', 'SHARDMAP_BINARY']) {
    if (!message.includes(word)) throw new Error(`the message does not say ${word}: ${message}`)
  }
  return 'one error, ERR_SHARDMAP_BINARY, that names the missing package and the two ways out'
}

/** As when a dependency brings its own: other files, so another addon. */
async function copies(site) {
  const folder = project('copies', site, 'copies')
  await npm(['install', 'shardmap', '--loglevel=error'], { cwd: folder })
  cpSync(join(folder, 'node_modules'), join(folder, 'apart', 'node_modules'), { recursive: true })
  const found = JSON.parse(await finish(process.execPath, ['copies.cjs'], { cwd: folder }))
  expect('two copies', found, { classes: false, seen: null, second: 'second', first: 'first', warnings: ['SHARDMAP_TWO_COPIES'] })
  return 'each has data of its own, and a warning says so: `SHARDMAP_TWO_COPIES`'
}

export function platformCases(site) {
  const foreign = targets.filter(({ platform }) => platform !== site.host && site.published.includes(platform))
  return [
    ...foreign.map((target) => ['npm, for another platform', `\`${flagsOf(target).join(' ')}\``, () => elsewhere(target, site)]),
    ['npm, without what is optional', '`--omit=optional`', () => withoutOptional(site)],
    ['Two copies in one process', 'node_modules copied', () => copies(site)],
  ]
}
