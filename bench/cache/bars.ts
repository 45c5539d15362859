// A cache in one quiet thread beside lru-cache: hits with bound, touches, expiry check and statistics on; and writes.
import { LRUCache } from 'lru-cache'
import { SharedCache } from 'shardmap'
import type { Bar } from '../bar.js'
import { keysOf, shuffled, type ValueType, valueOf } from '../data.js'
import { getLoop, setLoop } from '../loops.js'
import { measure, type Timing } from '../measure.js'
import { ratioOf } from '../stat.js'

/** They fit into a near cache of the default size. */
const KEYS = 5_000
const TTL = 600_000
const PASSES = 8
/** Keys that are written in turn at the bound: so many times what there is room for. */
const TURN = 8

interface Pair {
  ours: SharedCache<string, unknown>
  theirs: LRUCache<string, {}>
}

function pairOf(name: string, max: number, ttl?: number): Pair {
  const options = { max, ...(ttl === undefined ? {} : { ttl }) }
  return { ours: SharedCache.open<string, unknown>(name, options), theirs: new LRUCache<string, {}>(options) }
}

/** Fills both, and reads them once in another order than they are measured in, so that the near cache has what fits. */
function fill({ ours, theirs }: Pair, keys: readonly string[], type: ValueType): void {
  for (const [i, key] of keys.entries()) {
    ours.set(key, valueOf(type, i))
    theirs.set(key, valueOf(type, i) as {})
  }
  for (const key of keys) {
    ours.get(key)
    theirs.get(key)
  }
}

async function hits(name: string, count: number, ttl: number | undefined): Promise<{ timings: [Timing, Timing]; near: number }> {
  const inOrder = keysOf('string', count) as string[]
  // Passes over all keys in orders of their own: in one that comes again and again, the next key would always be the one used longest ago.
  const others = keysOf('string', count) as string[]
  const keys = Array.from({ length: PASSES }, (_, pass) => shuffled(others, pass + 1)).flat()
  const pair = pairOf(name, 2 * count, ttl)
  fill(pair, inOrder, 'string')
  const [ours, theirs] = await measure([
    { name: 'shardmap', ops: keys.length, run: getLoop('shardmap', pair.ours, keys) },
    { name: 'lru-cache', ops: keys.length, run: getLoop('lru-cache', pair.theirs, keys) }
  ])
  const { hits: all, nearHits, misses } = pair.ours.stats()
  if (misses > 0) throw new Error(`${misses} misses where there must be hits alone`)
  return { timings: [ours!, theirs!], near: nearHits / all }
}

export async function getHit({ ttl, limit }: { ttl: boolean; limit: number }): Promise<Bar> {
  const { timings, near } = await hits('hit', KEYS, ttl ? TTL : undefined)
  return {
    id: `cache-get-${ttl ? 'ttl' : 'bound'}`,
    title: `cache: get hit / \`lru-cache\` get hit, ${ttl ? 'ttl on both sides' : 'without ttl'}`,
    must: { at: '<=', limit },
    value: ratioOf(timings[0].rounds, timings[1].rounds),
    timings,
    note: `${KEYS.toLocaleString('en-US')} keys, near default; ${(100 * near).toFixed(2)} % near hits`
  }
}

/** Reported, without a bar: far more keys than a near cache has room for. */
export async function getBeyondNear({ count }: { count: number }): Promise<Timing[]> {
  return (await hits('beyond', count, TTL)).timings
}

export async function setHit({ type }: { type: ValueType }): Promise<Bar> {
  const keys = shuffled(keysOf('string', KEYS) as string[])
  const pair = pairOf('overwrite', 2 * KEYS)
  fill(pair, keysOf('string', KEYS) as string[], type)
  return setBar('overwriting', type, pair, keys)
}

export async function setAtBound({ type }: { type: ValueType }): Promise<Bar> {
  const keys = shuffled(keysOf('string', TURN * KEYS) as string[])
  const pair = pairOf('bound', KEYS)
  fill(pair, keys, type)
  const before = pair.ours.stats().evictions['size'] ?? 0
  const bar = await setBar('at the bound, evicting', type, pair, keys)
  if ((pair.ours.stats().evictions['size'] ?? 0) === before || pair.ours.size > KEYS) throw new Error('nothing was evicted at the bound')
  return bar
}

async function setBar(what: string, type: ValueType, { ours, theirs }: Pair, keys: readonly string[]): Promise<Bar> {
  const values = keys.map((_, i) => valueOf(type, i))
  const [first, second] = await measure([
    { name: 'shardmap', ops: keys.length, run: setLoop('shardmap', ours, keys, values) },
    { name: 'lru-cache', ops: keys.length, run: setLoop('lru-cache', theirs, keys, values) }
  ])
  return {
    id: `cache-set-${what.split(' ')[0]}-${type}`,
    title: `cache: set / \`lru-cache\` set, ${what}, ${type === 'string' ? '200-byte strings' : `${type} values`}`,
    must: { at: '<=', limit: 3 },
    value: ratioOf(first!.rounds, second!.rounds),
    timings: [first!, second!]
  }
}
