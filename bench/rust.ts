// The core without Node: runs the criterion benches and the examples, and reads what they leave.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bar } from './bar.js'
import { cargo, runExample } from './cargo.js'
import type { Timing } from './measure.js'
import { barsOfVersions } from './rust-versions.js'
import { over } from './stat.js'

const TREES = ['shardmap', 'shardmap_copy', 'rpds', 'imbl', 'chunks', 'hashmap'] as const

export const GROUPS = {
  core_get: ['shardmap', 'dashmap', 'mutex_hashmap', 'rwlock_hashmap', 'papaya'],
  core_set: ['shardmap', 'dashmap', 'mutex_hashmap', 'rwlock_hashmap', 'papaya'],
  increment_contended: ['shardmap', 'mutex_hashmap'],
  versions_commit: ['shardmap', 'hashmap_copy', 'rwlock_hashmap'],
  trie_change: TREES,
  trie_get: TREES,
  trie_walk: TREES
} as const

/** Each iteration of these benches is a thousand operations. */
const OPERATIONS = 1_000

export type Group = keyof typeof GROUPS

export interface Rust {
  bars: Bar[]
  groups: Partial<Record<Group, Timing[]>>
}

/** `single`: what a commit of one key takes through JavaScript. */
export function measureRust(root: string, single: Timing | undefined): Rust {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
  cargo(root, ['bench', '-p', 'shardmap-bench'])
  const groups: Rust['groups'] = {}
  for (const group of Object.keys(GROUPS) as Group[]) {
    const timings = GROUPS[group].flatMap((name) => estimate(join(target, 'criterion', group, name, 'new/estimates.json'), name))
    if (timings.length > 0) groups[group] = timings
  }
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
      bar('increment', 'contended `increment`, 4 threads one key: times faster than `Mutex<HashMap>`, core', 2, 'increment_contended', 'mutex_hashmap', '>='),
      ...barsOfVersions(root, groups.versions_commit ?? [], single)
    ]
  }
}

function moves(root: string): Bar {
  const counts = runExample<{ shardmap_largest_move: number; dashmap_largest_move: number }>(root, 'moves')
  const share = counts ? counts.shardmap_largest_move / counts.dashmap_largest_move : 0
  return {
    id: 'moves',
    title: 'entries moved under one lock while 2M new keys arrive / plain default dashmap',
    must: { at: '<=', limit: 0.05 },
    value: counts ? { median: share, low: share, high: share } : null,
    ...(counts ? { note: `${counts.shardmap_largest_move.toLocaleString('en-US')} / ${counts.dashmap_largest_move.toLocaleString('en-US')} entries, counted` } : {})
  }
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
