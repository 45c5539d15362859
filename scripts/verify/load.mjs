// What a process pays for its first require of shardmap, beside an addon with nothing in it and beside nothing at all: node scripts/verify/load.mjs
// The medians of as many processes of each, in turn. It fails if shardmap takes more than the bar over the empty addon.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { root, run, stop } from '../ensure.mjs'
import { tableOf, writeTable } from '../table.mjs'

const PROCESSES = 41
const BAR_MS = 10

const folder = join(root, 'target', 'load')
const empty = join(folder, 'empty.node')
const file = (name, text) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** A program that requires the path and says how long that took, in milliseconds. */
const requires = (name, path) =>
  file(name, `const from = performance.now()\nrequire(${JSON.stringify(path)})\nprocess.stdout.write(String(performance.now() - from))\n`)

function measured(program) {
  const from = performance.now()
  const required = execFileSync(process.execPath, [program], { encoding: 'utf8' })
  return { process: performance.now() - from, require: Number(required) }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

export function measureLoad() {
  mkdirSync(folder, { recursive: true })
  run('rustc', '--edition', '2021', '--crate-type', 'cdylib', '-C', 'opt-level=3', '-C', 'strip=symbols', '-o', empty, join('scripts', 'verify', 'load', 'empty.rs'))
  const face = join(root, 'dist', 'index.js')
  const programs = [
    ['nothing', file('nothing.cjs', 'process.stdout.write("0")\n')],
    ['an empty addon', requires('empty.cjs', empty)],
    ['msgpackr, as shardmap does', requires('msgpackr.cjs', join(root, 'node_modules', 'msgpackr'))],
    ['shardmap', requires('shardmap.cjs', face)],
  ]
  console.log(`measuring ${PROCESSES} processes of each`)
  const samples = programs.map(() => [])
  // In turn, so that whatever else the machine does is shared out; the first round only fills its caches.
  for (let round = -1; round < PROCESSES; round++) {
    for (const [index, [, program]] of programs.entries()) {
      const sample = measured(program)
      if (round >= 0) samples[index].push(sample)
    }
  }
  const [nothing, bare, , ours] = samples.map((them) => ({ process: median(them.map((one) => one.process)), require: median(them.map((one) => one.require)) }))
  const rows = programs.map(([name], index) => {
    const them = samples[index]
    const [required, whole] = [median(them.map((one) => one.require)), median(them.map((one) => one.process))]
    return [name, required.toFixed(2), (required - bare.require).toFixed(2), whole.toFixed(1), (whole - nothing.process).toFixed(1)]
  })
  const head = ['required', 'require, ms', 'over an empty addon, ms', 'whole process, ms', 'over an empty process, ms']
  const where = `Medians of ${PROCESSES} processes of each, in turn, on Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus()[0]?.model ?? 'an unknown processor'}; the bar is ${BAR_MS} ms over an empty addon.`
  writeTable('load', `${tableOf([head, ...rows])}\n\n${where}`)
  if (ours.require - bare.require > BAR_MS) stop(`requiring shardmap takes ${(ours.require - bare.require).toFixed(1)} ms more than requiring an empty addon; the bar is ${BAR_MS} ms`)
}
