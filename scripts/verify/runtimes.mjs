// Runs the suite in other runtimes and on other platforms, and writes what came of each into docs/platforms.md: npm run verify:runtimes [-- <name>...]
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { ensureRuntimes, root, run, stop } from '../ensure.mjs'
import { binaryOf, targetOf } from '../targets.mjs'
import { inapplicable } from './runtimes/inapplicable.mjs'
import { runtimes } from './runtimes/list.mjs'
import { Unavailable } from './runtimes/packaged.mjs'
import { asTable, keepRow, rowOf, treeNow } from './runtimes/rows.mjs'
import { blames, control, logOf, suite } from './runtimes/suite.mjs'

const names = process.argv.slice(2)
const unknown = names.filter((name) => !runtimes.some((runtime) => runtime.name === name))
if (unknown.length > 0) stop(`there is no runtime ${unknown.join(', ')}; there are ${runtimes.map(({ name }) => name).join(', ')}`)
const chosen = names.length === 0 ? runtimes : runtimes.filter(({ name }) => names.includes(name))

/** Of this machine: `npm run build` has made an addon for it, which is put aside meanwhile. */
const HOST = 'linux-x64-gnu'
if (process.platform !== 'linux' || process.arch !== 'x64') stop('the runtimes are started from Linux on x64: this is another platform')

/** Beside package.json, where the loader looks first. */
const placed = (platform) => join(root, binaryOf(platform))
const own = join(root, 'build', 'runtimes', binaryOf(HOST))
const platforms = [...new Set(chosen.map(({ platform }) => platform))]

/** What is run is what is published, on this machine too. */
function placeAddons() {
  run('bash', 'ci/prebuild.sh', ...platforms)
  const published = (platform) => join(root, 'npm', platform, binaryOf(platform))
  mkdirSync(dirname(own), { recursive: true })
  // What is there already was left by a run that was killed, which has put aside what it replaced.
  if (platforms.includes(HOST) && !readFileSync(placed(HOST)).equals(readFileSync(published(HOST)))) renameSync(placed(HOST), own)
  for (const platform of platforms) copyFileSync(published(platform), placed(platform))
}

function takeAway() {
  for (const platform of platforms) if (platform !== HOST) rmSync(placed(platform), { force: true })
  if (existsSync(own)) renameSync(own, placed(HOST))
}

async function verify(runtime) {
  const { name, title, platform } = runtime
  console.log(`\n${name}: ${title} (${runtime.how}), the addon for ${targetOf(platform).title}`)
  const not = inapplicable.filter(({ where }) => where.includes(name))
  try {
    const place = await runtime.place()
    const { version, arch } = control(place)
    console.log(`  ${version} on ${arch} runs threads by itself`)
    const met = await suite(runtime, place, not)
    const isSound = met.code === 0 && met.failed === 0 && met.passed > 0
    if (!isSound) report(place, met)
    console.log(`  ${met.files} files, ${met.passed} tests passed, ${met.failed} failed, ${met.seconds} s`)
    return { runtime, version, not, isSound, ...met }
  } catch (error) {
    console.error(`  not run: ${error.message}`)
    if (!(error instanceof Unavailable)) console.error(error.stack)
    return { runtime, not, isSound: false, reason: error.message.split('\n')[0] }
  }
}

function report(place, { code, failures, log }) {
  console.error(`  ended with ${code}; the whole output is in ${log}`)
  for (const failure of failures) console.error(`  FAILED: ${failure}`)
  const text = logOf(log)
  console.error(text.split(/^(?=(?:not )?ok )/m).filter((part) => part.startsWith('not ok')).join('').split('\n').slice(0, 200).join('\n'))
  if (failures.some((failure) => /exited (?:due to|with)/.test(failure))) console.error(`  a process has crashed; ${blames(place)}`)
}

ensureRuntimes()
process.on('exit', takeAway)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(128 + constants.signals[signal]))
placeAddons()
const started = Date.now()
const tree = treeNow()
const all = []
for (const runtime of chosen) {
  const met = { tree, ...(await verify(runtime)) }
  keepRow(met)
  all.push(met)
}
console.log(`\n${asTable(all.map(rowOf))}\n`)
console.log(`${all.filter(({ isSound }) => isSound).length} of ${all.length} runtimes are sound, in ${Math.round((Date.now() - started) / 1000)} s`)
process.exitCode = all.every(({ isSound }) => isSound) ? 0 : 1
