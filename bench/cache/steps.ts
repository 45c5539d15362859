// The steps of the benchmark that are about SharedCache.
import type { Bar } from '../bar.js'
import { inChild } from '../child.js'
import type { Timing } from '../measure.js'
import { type HitCurve, measureHits } from './hits.js'
import { type CacheMemory, measureCacheMemory } from './memory.js'
import type { CachePeers } from './peers.js'
import type { Share } from './shares.js'

export interface CacheResults {
  beyondNear: Timing[]
  peers: CachePeers
  curves: HitCurve[]
  shares: Share[]
  memoryMiB: CacheMemory['mib']
}

/** Runs a named piece of the benchmark, unless another one was asked for; undefined: it did not run, or failed. */
export type Step = <T>(name: string, work: () => T | Promise<T>) => Promise<T | undefined>

/** Far more keys than a near cache has room for by default. */
export const BEYOND_NEAR = 50_000

export async function measureCache(root: string, step: Step, keep: (...measured: Bar[]) => void): Promise<CacheResults> {
  for (const [ttl, limit] of [[false, 1.5], [true, 1.25]] as const)
    await step(`cache: get hit, ${ttl ? 'with' : 'without'} ttl`, async () => keep(await inChild<Bar>('cache/bars.js', 'getHit', { ttl, limit })))
  const beyondNear = await step('cache: get beyond the near cache', () => inChild<Timing[]>('cache/bars.js', 'getBeyondNear', { count: BEYOND_NEAR }))
  tell(beyondNear)
  for (const type of ['number', 'string'])
    for (const name of ['setHit', 'setAtBound']) await step(`cache: ${name}, ${type}`, async () => keep(await inChild<Bar>('cache/bars.js', name, { type })))
  for (const name of ['oneLoadOfOneKey', 'oneLoadPerKey'])
    await step(`cache: loads, ${name}`, async () => keep(await inChild<Bar>('cache/loads.js', name, null)))
  const hits = await step('cache: hit ratios', () => measureHits(root))
  if (hits) keep(...hits.bars)
  const shared = await step('cache: one or four', () => inChild<{ bar: Bar; shares: Share[] }>('cache/shares.js', 'shares', null))
  if (shared) keep(shared.bar)
  const memory = await step('cache: memory', measureCacheMemory)
  if (memory) keep(...memory.bars)
  const peers = await step('cache: peers', () => inChild<CachePeers>('cache/peers.js', 'cachePeers', null))
  tell(peers?.get, 'get: ')
  tell(peers?.set, 'set: ')
  return {
    beyondNear: beyondNear ?? [],
    peers: peers ?? { get: [], set: [], redis: 'not measured' },
    curves: hits?.curves ?? [],
    shares: shared?.shares ?? [],
    memoryMiB: memory?.mib ?? { shared: 0, private: 0, charged: 0 }
  }
}

function tell(timings: readonly Timing[] = [], before = ''): void {
  for (const { name, median } of timings) console.log(`        ${before}${name} ${median.toFixed(0)} ns`)
}
