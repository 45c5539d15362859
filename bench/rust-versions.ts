// Versions in the core: commits beside full copies, and what readers and a writer cost each other.
import type { Bar } from './bar.js'
import { runExample } from './cargo.js'
import type { Timing } from './measure.js'
import { over } from './stat.js'

/** What the example prints of one kind of map: medians of rounds that took turns. */
interface Readers {
  p99_idle_ns: number
  p99_writing_ns: number
  reads_alone: number
  reads_writing: number
  commits_alone: number
  /** While four threads read something else. */
  commits_beside: number
  /** While four threads read this map. */
  commits_read: number
}

/** `single`: what a commit of one key takes through JavaScript. */
export function barsOfVersions(root: string, commits: readonly Timing[], single: Timing | undefined): Bar[] {
  const [ours, copy] = ['shardmap', 'hashmap_copy'].map((wanted) => commits.find(({ name }) => name === wanted))
  const core = ours && { ...ours, name: 'core' }
  const quotient = (id: string, title: string, limit: number, numerator: Timing | undefined, denominator: Timing | undefined): Bar => ({
    id,
    title,
    must: { at: '<=', limit },
    value: numerator && denominator ? over(numerator, denominator) : null,
    ...(numerator && denominator ? { timings: [numerator, denominator] } : {})
  })
  return [
    quotient('commit-copy', 'commit of one key into 1,000,000: core / a `HashMap` copied, changed and swapped in', 1 / 10_000, core, copy),
    quotient('commit-javascript', 'commit of one key into 1,000,000: through JavaScript, awaited / core', 5, single, core),
    ...barsOfReaders(root)
  ]
}

function barsOfReaders(root: string): Bar[] {
  const found = runExample<{ shardmap: Readers; rwlock_hashmap: Readers }>(root, 'readers')
  const ratio = (id: string, title: string, at: '<=' | '>=', limit: number, a: keyof Readers, b: keyof Readers, more = ''): Bar => {
    const of = (map: Readers) => map[a] / map[b]
    const value = found ? of(found.shardmap) : 0
    return {
      id,
      title,
      must: { at, limit },
      value: found ? { median: value, low: value, high: value } : null,
      ...(found ? { note: `${count(found.shardmap[a])} / ${count(found.shardmap[b])}; \`RwLock<HashMap>\` ${of(found.rwlock_hashmap).toPrecision(3)}${more}` } : {})
    }
  }
  const beside = found ? `; beside four threads that read something else ${count(found.shardmap.commits_beside)}` : ''
  return [
    ratio('held-p99', 'core: p99 of reads of a held snapshot, a writer without pause / idle', '<=', 1.5, 'p99_writing_ns', 'p99_idle_ns'),
    ratio('reads-writing', 'core: reads/s of 4 threads with a writer at 10,000 commits/s / without it', '>=', 0.8, 'reads_writing', 'reads_alone'),
    ratio('commits-read', 'core: commits/s under 4 readers / without', '>=', 0.5, 'commits_read', 'commits_alone', beside)
  ]
}

const count = (value: number) => Math.round(value).toLocaleString('en-US')
