// Runs the suite, or files of it, in a runtime, and counts.
import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { root } from '../../ensure.mjs'
import { binaryOf, folderOf } from './packaged.mjs'

const here = join('scripts', 'verify', 'runtimes')
const tests = join('build', 'test')
const CONTROLS_AFTER_A_CRASH = 5

/** How a script of ours is started there. */
function commandOf({ node, before }, script) {
  return [node, [...before, join(here, script)]]
}

function environment({ node, env, isLaunched = false }) {
  const required = `--require=${join(root, here, 'launched.cjs')}`
  return { ...process.env, ...(isLaunched && { SHARDMAP_LAUNCHER: node, NODE_OPTIONS: required }), ...env, SHARDMAP_BINARY: '', CI: 'true' }
}

/** What it says of itself; throws if it cannot even run what has nothing to do with shardmap. */
export function control(place) {
  const { status, signal, stdout, stderr, error } = spawnSync(...commandOf(place, 'control.mjs'), { cwd: root, env: environment(place), encoding: 'utf8', timeout: 600_000 })
  const said = stdout?.split('\n').find((line) => line.startsWith('{'))
  if (status === 0 && said !== undefined) return JSON.parse(said)
  throw new Error(`the runtime itself does not run threads here: ${error?.message ?? signal ?? `it ended with ${status}`}\n${stderr ?? ''}`)
}

/** The files of the suite, as ava takes them; all of them without `specs`. */
function files(specs, inapplicable) {
  const all = readdirSync(join(root, tests), { recursive: true }).filter((name) => name.endsWith('.spec.js')).map((name) => name.replace(/\.spec\.js$/, '')).sort()
  const unknown = (specs ?? []).filter((spec) => !all.includes(spec))
  if (unknown.length > 0) throw new Error(`the suite has no ${unknown.join(', ')}`)
  const without = inapplicable.filter(({ test }) => test === undefined).map(({ spec }) => spec)
  return (specs ?? all).filter((spec) => !without.includes(spec))
}

export async function suite({ name, specs, timeout = '10m' }, place, inapplicable) {
  const chosen = files(specs, inapplicable)
  const not = inapplicable.filter(({ test }) => test !== undefined).flatMap(({ test }) => ['--match', `!${test}`])
  const started = Date.now()
  const [command, args] = place.runner ? [binaryOf(place.runner), [join(here, 'ava.mjs')]] : commandOf(place, 'ava.mjs')
  const paths = chosen.map((spec) => join(tests, `${spec}.spec.js`))
  const child = spawn(command, [...args, '--tap', '--timeout', timeout, ...not, ...paths], {
    cwd: root, env: environment(place), stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = join(folderOf(name), 'suite.tap')
  const output = createWriteStream(log)
  child.stderr.pipe(output, { end: false })
  const counted = counter(name, started)
  for await (const line of createInterface(child.stdout)) {
    output.write(`${line}\n`)
    counted.line(line)
  }
  const [code, signal] = child.exitCode === null && child.signalCode === null ? await new Promise((resolve) => child.once('exit', (...end) => resolve(end))) : [child.exitCode, child.signalCode]
  output.end()
  await finished(output)
  const { passed, failed, failures } = counted
  const seconds = Math.round((Date.now() - started) / 1000)
  return { files: chosen.length, passed, failed, failures, seconds, log: relative(root, log), code: signal ?? code }
}

/** Reads TAP as it comes. */
function counter(name, started) {
  const counts = { passed: 0, failed: 0, failures: [], last: started }
  return Object.assign(counts, {
    line(line) {
      const failure = /^not ok \d+ - (.*)/.exec(line)
      if (failure) counts.failures.push(failure[1])
      const end = /^# (pass|fail) (\d+)/.exec(line)
      if (end) counts[`${end[1]}ed`] = Number(end[2])
      if (Date.now() - counts.last < 60_000) return
      counts.last = Date.now()
      console.log(`  ${name}: ${/^(?:not )?ok (\d+)/.exec(line)?.[1] ?? '...'} tests after ${Math.round((Date.now() - started) / 1000)} s`)
    },
  })
}

/** Whether a crash may be the runtime's own: the control is run again and again. */
export function blames(place) {
  try {
    for (let i = 0; i < CONTROLS_AFTER_A_CRASH; i++) control(place)
    return `without shardmap the same runtime ran ${CONTROLS_AFTER_A_CRASH} times without a crash`
  } catch (error) {
    return error.message
  }
}

export const logOf = (path) => readFileSync(join(root, path), 'utf8')
