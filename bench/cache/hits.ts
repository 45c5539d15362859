// Hit ratios through JavaScript, near cache on, beside lru-cache, and beside moka and quick_cache in Rust on the same accesses.
import { LRUCache } from 'lru-cache'
import { SharedCache } from 'shardmap'
import type { Bar } from '../bar.js'
import { runExample } from '../cargo.js'
import { inChild } from '../child.js'
import { sizesOf, TRACES, type TraceName, traceOf } from './traces.js'

export const SUBJECTS = ['shardmap', "shardmap, policy: 'lru'", 'lru-cache', 'moka', 'quick_cache'] as const
export type HitSubject = (typeof SUBJECTS)[number]

/** Hits in a hundred accesses, by size in the order of sizesOf; null: not measured. */
export interface HitCurve {
  trace: TraceName
  subject: HitSubject
  ratios: (number | null)[]
}

interface Cache {
  get(key: number): unknown
  set(key: number, value: number): unknown
}

/** One access at a time: get, and on a miss set. */
function ratioOf(cache: Cache, keys: readonly number[]): number {
  let hits = 0
  for (const key of keys) {
    if (cache.get(key) === undefined) cache.set(key, 1)
    else hits++
  }
  return (100 * hits) / keys.length
}

const OURS: Partial<Record<HitSubject, (max: number) => Cache>> = {
  shardmap: (max) => SharedCache.open<number, number>('hits', { max }),
  "shardmap, policy: 'lru'": (max) => SharedCache.open<number, number>('hits', { max, policy: 'lru' }),
  'lru-cache': (max) => new LRUCache<number, number>({ max })
}

/** Those of JavaScript; called in a process of its own. */
export function curvesOf(trace: TraceName): HitCurve[] {
  const keys = traceOf(trace)
  return Object.entries(OURS).map(([subject, open]) => {
    const ratios = sizesOf(trace).map((max) => {
      const ratio = ratioOf(open(max), keys)
      SharedCache.destroy('hits')
      return ratio
    })
    return { trace, subject: subject as HitSubject, ratios }
  })
}

/** What the example of the core prints. */
interface RustHits {
  rows: { load: string; entries: number; moka: number; quick_cache: number }[]
}

function rustCurves(root: string): HitCurve[] {
  const rows = runExample<RustHits>(root, 'curves')?.rows ?? []
  return TRACES.flatMap((trace) =>
    (['moka', 'quick_cache'] as const).map((subject) => {
      const ratios = sizesOf(trace).map((size) => rows.find((row) => row.load === trace && row.entries === size)?.[subject] ?? null)
      return { trace, subject, ratios }
    })
  )
}

export async function measureHits(root: string): Promise<{ bars: Bar[]; curves: HitCurve[] }> {
  const curves: HitCurve[] = []
  for (const trace of TRACES) curves.push(...(await inChild<HitCurve[]>('cache/hits.js', 'curvesOf', trace)))
  curves.push(...rustCurves(root))
  return { curves, bars: barsOf(curves) }
}

function barsOf(curves: readonly HitCurve[]): Bar[] {
  const all = (subject: HitSubject) => curves.filter((curve) => curve.subject === subject).flatMap(({ ratios }) => ratios)
  const mean = (subject: HitSubject) => all(subject).reduce<number>((sum, ratio) => sum + (ratio ?? 0), 0) / all(subject).length
  const note = [...SUBJECTS].map((subject) => `${subject} ${mean(subject).toFixed(2)} %`).join('; ')
  const bar = (peer: HitSubject, title: string, must: Bar['must'], value: number, of: (ours: number, theirs: number) => number): Bar => {
    const pairs = all(peer).map((theirs, i) => [all('shardmap')[i] ?? 0, theirs] as const)
    const singles = pairs.map(([ours, theirs]) => of(ours, theirs ?? 0)).filter(Number.isFinite)
    const measured = pairs.length > 0 && pairs.every(([, theirs]) => theirs !== null)
    return { id: `cache-hits-${peer}`, title, must, value: measured ? { median: value, low: Math.min(...singles), high: Math.max(...singles) } : null, ...(measured ? { note } : {}) }
  }
  const [ours, moka, quick] = [mean('shardmap'), mean('moka'), mean('quick_cache')]
  const over = `mean of ${TRACES.length} loads in ${sizesOf('loop').length} sizes`
  return [
    bar('moka', `cache: hit ratio / \`moka\`'s, ${over}`, { at: '>=', limit: 1 }, ours / moka, (a, b) => a / b),
    bar('quick_cache', `cache: points of hit ratio below \`quick_cache\`'s, ${over}`, { at: '<=', limit: 0.5 }, quick - ours, (a, b) => b - a)
  ]
}
