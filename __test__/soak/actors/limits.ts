// A SharedMap at its limits all the time: they hold exactly, and what is refused changes nothing.
import { SharedMap, type Batch } from 'shardmap'
import type { Actor, Life } from '../life.js'
import { closed } from './register-snapshots.js'

export const NAME = 'limited'
export const OPTIONS = { shards: 8, maxEntries: 400, maxBytes: 60_000 }
const KEYS = 150
const FULL = ['ERR_SHARDMAP_FULL']

export function limits(life: Life): Actor {
  const map = SharedMap.open<string, string>(NAME)
  const mine = (i = life.below(KEYS)): string => `${life.seat} ${i}`
  const text = (): string => 'x'.repeat(life.below(300))

  function write(): void {
    const [key, value] = [mine(), text()]
    const before = map.get(key)
    const code = life.refused(FULL, () => life.pick([() => map.set(key, value), () => map.swap(key, value), () => map.update(key, () => value)])())
    if (code === undefined) return life.check('own write is read', map.get(key) === value, () => `${key} in ${NAME}`)
    life.fault('write at a limit')
    life.check('refusal changes nothing', map.get(key) === before, () => `${key} is ${map.get(key)}, and was ${before}`)
  }

  /** All or nothing: of keys that only this thread writes. */
  function writeMany(): void {
    const entries = Array.from({ length: 1 + life.below(40) }, (): [string, string] => [mine(), text()])
    const keys = [...new Map(entries).keys()]
    const before = map.getMany(keys)
    if (life.refused(FULL, () => map.setMany(entries)) === undefined) return
    life.fault('write at a limit')
    const after = map.getMany(keys)
    life.check('refusal changes nothing', after.every((value, i) => value === before[i]), () => `${keys.length} keys of a refused setMany`)
  }

  /** What does not fit stays pending, and goes when there is room. */
  function writeBatch(): void {
    const batch = map.batch({ size: 1_000, intervalMs: 60_000 })
    const kept: string[] = []
    for (let i = life.below(30); i >= 0; i--) {
      kept.push(mine(i))
      batch.set(mine(i), text())
    }
    const code = life.refused(FULL, () => batch.flush())
    life.check('refusal changes nothing', code === undefined ? batch.pending === 0 : batch.pending > 0, () => `${batch.pending} pending after ${code}`)
    if (code !== undefined) life.fault('write at a limit')
    end(batch)
    map.deleteMany(kept)
  }

  /** A batch that cannot flush says so when it is closed, and is closed. */
  function end(batch: Batch<string, string>): void {
    life.refused(FULL, () => batch.close())
    const code = life.refused(['ERR_SHARDMAP_CLOSED'], () => batch.set('a', 'b'))
    life.check('error is of its code', code === 'ERR_SHARDMAP_CLOSED', () => 'a closed batch took a write')
  }

  function remove(): void {
    map.delete(mine())
    if (life.chance(0.02)) map.deleteMany(Array.from({ length: KEYS }, (_, i) => mine(i)))
  }

  function looks(): void {
    const snapshot = map.snapshot()
    const { size } = snapshot
    closed(snapshot)
    life.check('limit exact', size <= OPTIONS.maxEntries, () => `${size} entries of ${OPTIONS.maxEntries}`)
  }

  return {
    steps: [{ weight: 60, run: write }, { weight: 10, run: writeMany }, { weight: 5, run: writeBatch }, { weight: 40, run: remove }, { weight: 4, run: looks }],
    agree() {
      const { entries, bytes } = map.stats()
      life.check('limit exact', entries <= OPTIONS.maxEntries && bytes <= OPTIONS.maxBytes, () => `${entries} entries, ${bytes} bytes`)
    },
  }
}
