// The core without Node: runs the criterion benches and the example that counts moves, and reads what they leave.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bar } from './bar.js'
import type { Timing } from './measure.js'
import type { Stat } from './stat.js'

export const GROUPS = {
  core_get: ['shardmap', 'dashmap', 'mutex_hashmap', 'rwlock_hashmap', 'papaya'],
  core_set: ['shardmap', 'dashmap', 'mutex_hashmap', 'rwlock_hashmap', 'papaya'],
  increment_contended: ['shardmap', 'mutex_hashmap']
} as const

/** Each iteration of these benches is a thousand operations. */
const OPERATIONS = 1_000

export type Group = keyof typeof GROUPS

export interface Rust {
  bars: Bar[]
  groups: Partial<Record<Group, Timing[]>>
}

export function measureRust(root: string): Rust {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
  cargo(root, ['bench', '-p', 'shardmap-core'])
  const groups: Rust['groups'] = {}
  for (const group of Object.keys(GROUPS) as Group[])
    groups[group] = GROUPS[group].flatMap((name) => estimate(join(target, 'criterion', group, name, 'new/estimates.json'), name))
  const bar = (id: string, title: string, limit: number, group: Group, peer: string, at: '<=' | '>='): Bar => {
    const find = (name: string) => groups[group]?.find((timing) => timing.name === name)
    const [ours, theirs] = [find('shardmap'), find(peer)]
    const value = ours && theirs ? (at === '<=' ? over(ours, theirs) : over(theirs, ours)) : null
    return { id, title, must: { at, limit }, value, ...(ours && theirs ? { timings: [ours, theirs] } : {}), note: 'criterion; range from its confidence intervals' }
  }
  return {
    groups,
    bars: [
      bar('core-get', 'core get / plain dashmap of the same shard count', 1.2, 'core_get', 'dashmap', '<='),
      bar('core-set', 'core set / plain dashmap of the same shard count', 1.2, 'core_set', 'dashmap', '<='),
      moves(root),
      bar('increment', 'contended `increment`, 4 threads one key: times faster than `Mutex<HashMap>`, core', 2, 'increment_contended', 'mutex_hashmap', '>=')
    ]
  }
}

function moves(root: string): Bar {
  const output = cargo(root, ['run', '--release', '-q', '-p', 'shardmap-core', '--example', 'moves'])
  const line = output.split('\n').find((text) => text.startsWith('{'))
  const counts = line ? (JSON.parse(line) as { shardmap_largest_move: number; dashmap_largest_move: number }) : undefined
  const share = counts ? counts.shardmap_largest_move / counts.dashmap_largest_move : 0
  return {
    id: 'moves',
    title: 'entries moved under one lock while 2M new keys arrive / plain default dashmap',
    must: { at: '<=', limit: 0.05 },
    value: counts ? { median: share, low: share, high: share } : null,
    ...(counts ? { note: `${counts.shardmap_largest_move.toLocaleString('en-US')} / ${counts.dashmap_largest_move.toLocaleString('en-US')} entries, counted` } : {})
  }
}

function cargo(root: string, args: string[]): string {
  const { status, stdout } = spawnSync('cargo', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 })
  if (status !== 0) console.error(`cargo ${args.join(' ')} failed`)
  return stdout ?? ''
}

function estimate(file: string, name: string): Timing[] {
  if (!existsSync(file)) return []
  const { median } = JSON.parse(readFileSync(file, 'utf8')) as {
    median: { point_estimate: number; confidence_interval: { lower_bound: number; upper_bound: number } }
  }
  const { lower_bound, upper_bound } = median.confidence_interval
  const ns = median.point_estimate / OPERATIONS
  return [{ name, rounds: [ns], median: ns, low: lower_bound / OPERATIONS, high: upper_bound / OPERATIONS }]
}

function over(a: Stat, b: Stat): Stat {
  return { median: a.median / b.median, low: a.low / b.high, high: a.high / b.low }
}
