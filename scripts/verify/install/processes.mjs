// What verify:install starts. Each program leads a process group of its own, and none outlives this process, however it ends.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'

/** Outside of the repository, whose node_modules would lend the projects what they lack. */
export const area = realpathSync(mkdtempSync(join(tmpdir(), 'shardmap-install-')))
const home = join(area, 'home')
mkdirSync(home)

/** Nothing of the user's own settings and caches, nor of the npm that runs this. */
export const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|YARN_|PNPM_|XDG_|BUN_|DENO_|NODE_OPTIONS$|SHARDMAP_|CI$|INIT_CWD$)/i.test(name))),
  HOME: home,
  npm_config_cache: join(home, 'npm'),
  npm_config_update_notifier: 'false',
  DO_NOT_TRACK: '1',
  NEXT_TELEMETRY_DISABLED: '1',
}

const living = new Set()

/** A child whose output goes to `said`, in its last 64 kB. */
export function start(command, args, { cwd = area, env = {} } = {}) {
  const child = spawn(command, args, { cwd, env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  living.add(child)
  child.said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (child.said = (child.said + text).slice(-65_536)))
  // The group may have others when its leader is gone.
  child.on('close', () => halt(child))
  return child
}

export function halt(child) {
  if (!living.delete(child) || child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** Runs a program to its end and gives what it wrote to its standard output; throws with all it said if it fails. */
export function finish(command, args, options = {}) {
  const child = start(command, args, options)
  let output = ''
  child.stdout.on('data', (text) => (output += text))
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => halt(child), options.limit ?? 300_000)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(late)
      if (code === (options.code ?? 0)) resolve(options.all ? child.said : output)
      else reject(new Error(`${[command, ...args].join(' ')} ended with ${code ?? signal}\n${child.said}`))
    })
  })
}

process.on('exit', () => {
  for (const child of living) halt(child)
  rmSync(area, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(128 + constants.signals[signal]))
