// What a process pays for its first require of shardmap as it is published and installed, beside an addon with nothing in it and beside nothing at all: npm run verify:load
// The medians of as many processes of each, in turn. It fails if shardmap takes more than the bar over the empty addon.
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run, stop } from '../ensure.mjs'
import { tableOf, writeTable } from '../table.mjs'
import { binaryOf, hostTarget, packageOf } from '../targets.mjs'

const PROCESSES = 41
const BAR_MS = 10

const folder = join(root, 'target', 'load')
const empty = join(folder, 'empty.node')
const required = (path) => `require(${JSON.stringify(path)})`

const programs = [
  ['nothing', ''],
  ['an empty addon', required(empty)],
  ['shardmap', required('shardmap')],
  ['shardmap, and an object stored', `${required('shardmap')}.SharedMap.open('a').set('k', {})`],
]

/** A project with what npm installs: the package, and that of this platform, with the binary that was built here. It is outside of the repository, whose node_modules would lend what is not installed. */
function installed() {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'shardmap-load-')))
  process.on('exit', () => rmSync(project, { recursive: true, force: true }))
  const { platform } = hostTarget()
  const modules = join(project, 'node_modules')
  const beside = join(modules, packageOf(platform))
  cpSync(join(root, 'build', 'published'), join(modules, 'shardmap'), { recursive: true })
  mkdirSync(beside)
  cpSync(join(root, 'npm', platform, 'package.json'), join(beside, 'package.json'))
  copyFileSync(join(root, binaryOf(platform)), join(beside, binaryOf(platform)))
  return project
}

/** A program that does it and says how long that took, by the clock and of the processor, in milliseconds. */
function program(project, code, index) {
  const path = join(project, `${index}.cjs`)
  writeFileSync(path, [
    'const [from, used] = [performance.now(), process.cpuUsage()]', code,
    'const [time, { user, system }] = [performance.now() - from, process.cpuUsage(used)]',
    'process.stdout.write(JSON.stringify({ time, processor: (user + system) / 1000 }))', '',
  ].join('\n'))
  return path
}

function measured(path) {
  const from = performance.now()
  const said = JSON.parse(execFileSync(process.execPath, [path], { encoding: 'utf8' }))
  return { ...said, whole: performance.now() - from }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
const medians = (samples) => Object.fromEntries(['time', 'processor', 'whole'].map((key) => [key, median(samples.map((one) => one[key]))]))

export function measureLoad() {
  mkdirSync(folder, { recursive: true })
  run('rustc', '--edition', '2021', '--crate-type', 'cdylib', '-C', 'opt-level=3', '-C', 'strip=symbols', '-o', empty, join('scripts', 'verify', 'load', 'empty.rs'))
  const project = installed()
  const paths = programs.map(([, code], index) => program(project, code, index))
  console.log(`measuring ${PROCESSES} processes of each of ${paths.length}`)
  const samples = paths.map(() => [])
  // In turn, so that whatever else the machine does is shared out; the first round only fills its caches.
  for (let round = -1; round < PROCESSES; round++) {
    for (const [index, path] of paths.entries()) {
      const sample = measured(path)
      if (round >= 0) samples[index].push(sample)
    }
  }
  const all = samples.map(medians)
  const [, bare, ours] = all
  const rows = all.map(({ time, processor, whole }, index) => [programs[index][0], time.toFixed(2), (time - bare.time).toFixed(2), processor.toFixed(2), whole.toFixed(1)])
  const where = `Medians of ${PROCESSES} processes of each, in turn, on Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus()[0]?.model ?? 'an unknown processor'}.`
  const over = ours.time - bare.time
  const used = ours.processor - bare.processor
  const verdict = `shardmap takes ${over.toFixed(1)} ms over an empty addon (${used.toFixed(1)} of the processor); the bar is ${BAR_MS} ms.`
  writeTable('load', `${tableOf([['required', 'ms', 'over an empty addon, ms', 'processor, ms', 'whole process, ms'], ...rows])}\n\n${where} ${verdict}`)
  if (over > BAR_MS) stop(verdict)
}
