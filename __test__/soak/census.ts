// What is true of the whole while all threads are at rest.
import { SharedCache, SharedMap, SnapshotMap } from 'shardmap'
import { NAME as COUNTERS, nameOf, Sums, valueOf } from './actors/counters.js'
import { lru, tinylfu } from './actors/caches.js'
import { maps } from './actors/groups.js'
import { NAME as LEDGER, sumOf, TOTAL } from './actors/ledger.js'
import { NAME as LIMITED } from './actors/limits.js'
import { NAME as LOCKS } from './actors/locks.js'
import { NAME as REGISTERS } from './actors/registers.js'
import type { Life } from './life.js'
import { COUNTERS as COUNT, LOCKS as LOCK_COUNT } from './shared.js'

async function nothingLocked(life: Life): Promise<void> {
  using map = SnapshotMap.open<string, number>(LOCKS)
  const keys = Array.from({ length: LOCK_COUNT }, (_, i) => `lock ${i}`)
  const lease = await map.lock(keys, { signal: AbortSignal.timeout(30_000) })
  const holders = new Int32Array(life.shared.holders)
  const tokens = new BigInt64Array(life.shared.tokens)
  keys.forEach((key, i) => {
    life.check('token rises', lease.token > Atomics.load(tokens, i), () => `${lease.token} after ${tokens[i]} for ${key}`)
    Atomics.store(holders, i, 0)
  })
  lease.release()
}

function countersExact(life: Life): void {
  using map = SharedMap.open<string, number | bigint>(COUNTERS, { near: 0 })
  const sums = new Sums(life.shared.counters)
  for (let i = 0; i < COUNT; i++) {
    const value = valueOf(i, map.get(nameOf(i)))
    const holds = value >= sums.acknowledged(i) && value <= sums.begun(i)
    life.check('counter within its writes', holds, () => `${nameOf(i)} is ${value} at rest, ${sums.acknowledged(i)} acknowledged and ${sums.begun(i)} begun`)
    // What threads had begun when they were ended is decided now.
    sums.settle(i, value)
  }
}

function sizesExact(life: Life): void {
  for (const name of [REGISTERS, COUNTERS, LIMITED]) {
    using map = SharedMap.open<any, unknown>(name)
    using snapshot = map.snapshot()
    const counts = [map.size, map.stats().entries, snapshot.size, [...map.keys()].length, [...snapshot].length]
    life.check('size exact at rest', counts.every(count => count === counts[0]), () => `"${name}" has ${counts.join(', ')} entries`)
  }
  for (const { name, options } of [tinylfu, lru]) {
    using cache = SharedCache.open<any, unknown>(name)
    const { entries, bytes } = cache.stats()
    const listed = [...cache.keys()].length
    life.check('cache within its bounds', entries <= options.max && bytes <= options.maxBytes && listed <= options.max, () => `"${name}": ${entries} entries, ${listed} listed, ${bytes} bytes`)
  }
  using ledger = SnapshotMap.open<number, number>(LEDGER)
  using snapshot = ledger.snapshot()
  life.check('money constant', sumOf(snapshot) === TOTAL, () => `${sumOf(snapshot)} at rest`)
}

export async function census(life: Life): Promise<void> {
  await nothingLocked(life)
  countersExact(life)
  sizesExact(life)
}

/** While this thread is the only one. A snapshot whose end panicked is freed by the collector, which `collect` calls; those of threads went with them. */
export async function nothingHeld(life: Life, collect: () => Promise<void>): Promise<void> {
  for (const name of [LEDGER, ...maps.map(map => map.name)]) {
    using map = SnapshotMap.open(name)
    for (let tries = 0; map.stats().liveSnapshots > 0 && tries < 100; tries++) await collect()
    const { liveSnapshots } = map.stats()
    life.check('nothing held at rest', liveSnapshots === 0, () => `${liveSnapshots} snapshots of "${name}" are held`)
  }
}

/** Ends everything; nothing may be left. */
export function destroyAll(life: Life): void {
  for (const type of [SharedMap, SnapshotMap, SharedCache]) {
    for (const name of type.names()) type.destroy(name)
    life.check('gone at the end', type.names().length === 0, () => `${type.names().join(', ')} are left of ${type.name}`)
  }
}
