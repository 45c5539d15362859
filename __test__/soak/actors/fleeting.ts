// Names under which maps and caches are opened, used and destroyed by all threads at once, as one kind and another.
import { SharedCache, SharedMap, SnapshotMap, type Snapshot } from 'shardmap'
import type { Actor, Life } from '../life.js'
import { closed } from './register-snapshots.js'

const NAMES = 3
const ENTRIES = 30
/** What may come of a name that anybody may destroy, and open as something else. */
const GONE = ['ERR_SHARDMAP_CLOSED', 'ERR_SHARDMAP_MISMATCH']

export const nameOf = (i: number): string => `fleeting ${i}`

export function fleeting(life: Life): Actor {
  let outlived: { snapshot: Snapshot<any, any>; size: number } | undefined

  function destroy(name: string): void {
    const ended = [SharedMap.destroy(name), SnapshotMap.destroy(name), SharedCache.destroy(name)].filter(Boolean)
    if (ended.length > 0) life.fault('map destroyed')
  }

  function useMap(name: string): void {
    using map = SharedMap.open<string, unknown>(name, { shards: 2, expectedEntries: ENTRIES })
    for (let i = 0; i < ENTRIES; i++) map.set(`k${i}`, { i })
    const snapshot = map.snapshot()
    if (life.chance(0.3)) map.clear()
    for (const [key] of map) if (life.chance(0.1)) map.delete(key)
    keep(snapshot)
    map.batch().set('late', 1)
    if (life.chance(0.3)) map.close()
  }

  async function useVersions(name: string): Promise<void> {
    using map = SnapshotMap.open<string, number>(name, { history: 2 })
    const waiting = Array.from({ length: 3 }, (_, i) => map.commit([[`k${i}`, i]]))
    waiting.push(map.replaceAll(Array.from({ length: ENTRIES }, (_, i) => [`k${i}`, i])))
    const settled = Promise.allSettled(waiting)
    keep(map.snapshot())
    using lease = await life.chance(0.5) ? await map.lock(['a', 'b']) : undefined
    void lease
    for (const one of await settled) if (one.status === 'rejected') throw one.reason
  }

  async function useCache(name: string): Promise<void> {
    using cache = SharedCache.open<string, unknown>(name, { max: 20 })
    cache.on('evict', () => {})
    for (let i = 0; i < ENTRIES; i++) cache.set(`k${i}`, i, { ttl: 1 + life.below(20) })
    const slow = (): Promise<number> => new Promise(resolve => setTimeout(resolve, life.below(5), 1))
    await Promise.all([cache.fetch('loaded', slow), cache.fetch('loaded', slow)])
    cache.clear()
  }

  /** A snapshot stays valid when its map does not. */
  function keep(snapshot: Snapshot<any, any>): void {
    const before = outlived
    outlived = { snapshot, size: snapshot.size }
    if (before === undefined) return
    const rows = [...before.snapshot]
    life.check('snapshot stays', rows.length === before.size && before.snapshot.size === before.size, () => `${rows.length} rows of ${before.size}`)
    closed(before.snapshot)
    const code = life.refused(['ERR_SHARDMAP_CLOSED'], () => before.snapshot.size)
    life.check('error is of its code', code !== undefined, () => 'a closed snapshot has a size')
  }

  async function use(): Promise<void> {
    const name = nameOf(life.below(NAMES))
    const code = await life.rejected(GONE, async () => life.pick([useMap, useVersions, useCache])(name))
    if (code === 'ERR_SHARDMAP_MISMATCH' || life.chance(0.3)) destroy(name)
  }

  return {
    steps: [{ weight: 5, run: use }],
    rest() {
      if (outlived !== undefined) closed(outlived.snapshot)
      outlived = undefined
    },
  }
}
