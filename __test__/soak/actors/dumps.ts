// Dumps of a cache under load, loaded into a cache of their own; and files that are none.
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SharedCache, SnapshotMap, type Key } from 'shardmap'
import { placeIn } from '../keys.js'
import type { Actor, Life } from '../life.js'
import { numberIn } from '../parts.js'
import { tinylfu } from './caches.js'

export function dumps(life: Life): Actor {
  const path = join(life.folder, `dump ${life.seat}`)
  const [name, other] = [`restored ${life.seat}`, `not restored ${life.seat}`]
  let busy = false

  async function dumpAndLoad(): Promise<void> {
    if (busy) return
    busy = true
    try {
      const cache = SharedCache.open<Key, unknown>(tinylfu.name)
      const written = await cache.dump(path)
      cache.close()
      // An earlier life of the seat may have been ended in the middle.
      destroy()
      await restore(written)
      // Node leaves a file open when it ends a thread between opening it to cut it and closing it: the thread that is never ended does this.
      if (life.seat === 0) await damage()
    } finally {
      busy = false
      destroy()
    }
  }

  function destroy(): void {
    for (const one of [name, other]) SharedCache.destroy(one)
  }

  async function restore(written: number): Promise<void> {
    using restored = SharedCache.open<Key, unknown>(name, { max: tinylfu.options.max })
    const loaded = await restored.load(path)
    life.check('dump comes back', loaded <= written && restored.size <= loaded, () => `${loaded} entries of ${written} were loaded, ${restored.size} are there`)
    for (const [key, value] of restored) {
      const place = placeIn(key)
      if (place !== undefined) life.check('value whole', numberIn(place, value) !== undefined, () => `${place} came back from a dump as ${String(value)}`)
    }
  }

  /** Cut anywhere, it is no dump, and no map either. */
  async function damage(): Promise<void> {
    const { size } = await stat(path)
    truncateSync(path, life.below(size))
    life.fault('file damaged')
    using empty = SharedCache.open<Key, unknown>(other, { max: 10 })
    const code = await life.rejected(['ERR_SHARDMAP_CORRUPT'], () => empty.load(path))
    life.check('refusal changes nothing', code === 'ERR_SHARDMAP_CORRUPT' && empty.size === 0, () => `a cut dump loaded ${empty.size} entries`)
    writeFileSync(path, 'no file of a map')
    const refused = life.refused(['ERR_SHARDMAP_CORRUPT'], () => SnapshotMap.open(`no map ${life.seat}`, { path }))
    life.check('error is of its code', refused === 'ERR_SHARDMAP_CORRUPT', () => 'a file that is no map was opened')
    rmSync(path)
    const gone = await life.rejected(['ERR_SHARDMAP_IO'], () => empty.load(path))
    life.check('error is of its code', gone === 'ERR_SHARDMAP_IO', () => 'a dump that is not there was loaded')
  }

  return { steps: [{ weight: 0.15, run: dumpAndLoad }] }
}
