// The soak's own process: starts the arena, listens to it, adds faults from outside, and knows when it stands still or is gone.
import { fork } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plan, Sample, Standing, Told } from './arena.js'
import { outside } from './outside.js'

/** What has come of a run. */
export interface Run {
  samples: Sample[]
  rests: Sample[]
  sums: Record<string, number>
  base: Standing | undefined
  end: Standing | undefined
  failures: string[]
}

const LINE_MS = 10_000
const STILL_MS = 120_000
/**
 * glibc with as many pools of freed memory as there are processors, not eight for each, so that a thread that is born takes what one that has ended gave back;
 * and with limits that do not grow, above which freed memory goes back to the system: else holes between what is used would be measured.
 */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' }
/** A young generation that never changes its size is none of what is measured. */
const HEAP = ['--expose-gc', '--min-semi-space-size=8', '--max-semi-space-size=8', '--max-old-space-size=256']

export async function run(plan: Omit<Plan, 'folder'>, line: (run: Run) => void): Promise<Run> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shardmap-soak-')))
  const result: Run = { samples: [], rests: [], sums: {}, base: undefined, end: undefined, failures: [] }
  const extra: Record<string, number> = {}
  const over = new AbortController()
  const arena = fork(fileURLToPath(new URL('./arena.js', import.meta.url)), [JSON.stringify({ ...plan, folder })], {
    execArgv: HEAP,
    env: { ...process.env, ...ENVIRONMENT },
  })
  let heard = performance.now()
  let nextLine = LINE_MS
  arena.on('message', ({ sample, rest, sums, failure, base, end }: Told) => {
    heard = performance.now()
    if (sums !== undefined) result.sums = sums
    if (failure !== undefined) result.failures.push(failure)
    if (rest !== undefined) result.rests.push(rest)
    result.base ??= base
    result.end ??= end
    if (sample === undefined) return
    result.samples.push(sample)
    if (sample.at < nextLine) return
    line(result)
    nextLine += LINE_MS
  })
  const watch = setInterval(() => {
    if (performance.now() - heard < STILL_MS) return
    result.failures.push(`nothing was heard for ${STILL_MS} ms: it stands still`)
    arena.kill('SIGKILL')
  }, 1_000)
  const ended = new Promise<void>(resolve => arena.once('close', (code, signal) => {
    if (code !== 0 && result.failures.length === 0) result.failures.push(`the process ended by ${signal ?? `code ${code}`}`)
    over.abort()
    resolve()
  }))
  const faults = outside(folder, over.signal, (what, times) => { extra[what] = (extra[what] ?? 0) + times }).catch((error: unknown) => {
    result.failures.push(String((error as Error)?.stack ?? error))
  })
  await Promise.all([ended, faults])
  clearInterval(watch)
  for (const [what, times] of Object.entries(extra)) result.sums[what] = (result.sums[what] ?? 0) + times
  // Kept for a look if anything was wrong.
  if (result.failures.length === 0) rmSync(folder, { recursive: true })
  else result.failures.push(`the files are in ${folder}`)
  return result
}
