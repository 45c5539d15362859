// Two bounded caches with keys of one writer each: what is read is never older than what was told, and the bounds hold whenever somebody looks.
import { SharedCache, type CacheSetOptions, type Key, type SharedCacheOptions } from 'shardmap'
import { keyOf, placeIn, placeOf, indexOf, seatOf } from '../keys.js'
import type { Actor, Life } from '../life.js'
import { fits, Marks } from '../marks.js'
import { make, numberIn } from '../parts.js'
import { CACHED } from '../shared.js'

interface Bounded {
  name: string
  options: SharedCacheOptions & { max: number; maxBytes: number }
}
export const tinylfu: Bounded = { name: 'cache', options: { max: 4_000, maxBytes: 1_500_000, maxEntryBytes: 32_768, ttl: 3_000, ttlJitter: 0.3 } }
export const lru: Bounded = { name: 'cache lru', options: { max: 250, maxBytes: 120_000, policy: 'lru', ttl: 60, updateAgeOnGet: true, allowStale: true } }
/** Keys that nobody asks for twice, or that many do. */
const FILL = 40_000
const TEXT = 'fill '.repeat(8_000)

type Cache = SharedCache<Key, unknown>

export const caches = (bounded: Bounded) => (life: Life): Actor => {
  const { name, options } = bounded
  const marks = new Marks(bounded === lru ? life.shared.cachedLru : life.shared.cached, CACHED)
  const near: Cache = SharedCache.open(name, { near: 512 })
  const far: Cache = SharedCache.open(name, { near: 0 })
  const { seat } = life
  const tag = `tag ${seat}`

  function found(place: number, value: unknown): number | undefined {
    if (value === undefined) return undefined
    const n = numberIn(place, value)
    life.check('value whole', n !== undefined, () => `${name} ${place} has ${String(value)}`)
    return n
  }
  const terms = (): CacheSetOptions | undefined => (life.chance(0.3) ? undefined : { ...(life.chance(0.6) ? { ttl: 1 + life.below(5_000) } : {}), tags: [tag, `tag of all`] })

  function write(): void {
    const i = life.below(CACHED)
    const [place, map] = [placeOf(seat, i), life.chance(0.5) ? near : far]
    const present = life.chance(0.85)
    const n = marks.begin(seat, i, present)
    if (!present) map.delete(keyOf(place))
    else if (life.chance(0.8)) map.set(keyOf(place), make(place, n), terms())
    else map.setMany([[keyOf(place), make(place, n)], [`fill ${life.below(FILL)}`, TEXT.slice(0, life.below(200))]], terms())
    marks.done(seat, i)
    const read = found(place, near.get(keyOf(place)))
    life.check('own write is read', read === undefined || (present && read === n), () => `${name} ${place} is ${read} after ${present ? n : 'its deletion'}`)
  }

  /** Of its own keys those that have the tag go, which may be all. */
  function invalidate(): void {
    if (life.chance(0.3)) {
      far.invalidateTag(`tag of ${life.pick(['all', 'none'])}`)
      return
    }
    near.invalidateTag(tag)
    if (life.chance(0.05)) {
      for (let i = 0; i < CACHED; i++) marks.begin(seat, i, false)
      near.clear()
      for (let i = 0; i < CACHED; i++) marks.done(seat, i)
    }
  }

  function read(): void {
    const [of, i] = [life.below(life.seats), life.below(CACHED)]
    const place = placeOf(of, i)
    const key = keyOf(place)
    const told = marks.told(of, i)
    const way = life.below(5)
    let value: unknown
    if (way < 2) value = near.get(key)
    else if (way === 2) value = near.peek(key)
    else if (way === 3) value = far.get(key)
    else [, value] = near.getMany(['none', key])
    const [n, intended] = [found(place, value), marks.intended(of, i)]
    life.check('write told is read', fits(told, intended, n, true), () => `${name} ${place} is ${n} between ${told} and ${intended}`)
    if (told === marks.intended(of, i) && (told & 1) === 0) {
      const has = near.has(key)
      life.check('write told is read', told !== marks.intended(of, i) || !has, () => `${name} has ${place}, which was deleted`)
    }
  }

  function fill(): void {
    const key = `fill ${Math.floor(FILL ** life.random())}`
    if (life.chance(0.7) && far.get(key) !== undefined) return
    const size = life.chance(0.002) ? TEXT.length : life.below(life.chance(0.1) ? 4_000 : 300)
    const code = life.refused(['ERR_SHARDMAP_FULL'], () => far.set(key, TEXT.slice(0, size), terms()))
    if (code !== undefined) life.fault('write at a limit')
  }

  function count(): void {
    const sum = near.increment(`count ${life.below(50)}`, life.chance(0.5) ? undefined : 2, life.chance(0.5) ? { ttl: 500 } : undefined)
    life.check('counter within its writes', Number.isInteger(sum) && sum > 0, () => `${name}: ${sum}`)
  }

  function looks(): void {
    const { entries, bytes, hits, misses, nearHits } = near.stats()
    const holds = entries <= options.max && bytes <= options.maxBytes && near.size <= options.max
    life.check('cache within its bounds', holds, () => `${name}: ${entries} entries, ${bytes} bytes, size ${near.size}`)
    life.check('what a write returns', hits >= 0 && misses >= 0 && nearHits >= 0 && near.name === name && SharedCache.names().includes(name), () => 'a figure or the name')
    const left = near.getRemainingTTL(keyOf(placeOf(life.below(life.seats), life.below(CACHED))))
    life.check('cache within its bounds', left >= 0 && (left <= 5_000 || left === Infinity), () => `${name}: an entry is fresh for ${left} ms`)
  }

  function sweep(): void {
    const told = Array.from({ length: life.seats * CACHED }, (_, at) => marks.told(Math.floor(at / CACHED), at % CACHED))
    const way = life.below(3)
    const rows: [Key, unknown][] = way === 0 ? [...near] : way === 1 ? [...far.entries()] : Array.from(near.keys(), key => [key, undefined])
    const seen = new Set<number>()
    for (const [key, value] of rows) {
      const place = placeIn(key)
      if (place === undefined) continue
      const [of, i] = [seatOf(place), indexOf(place)]
      // One that went and was written again meanwhile may have another place, farther on.
      const wasWritten = told[of * CACHED + i] !== marks.intended(of, i)
      life.check('iteration exact', !seen.has(place) || wasWritten, () => `${name}: ${place} came twice`)
      seen.add(place)
      if (way < 2) life.check('iteration exact', fits(told[of * CACHED + i], marks.intended(of, i), found(place, value)), () => `${name}: ${place} came as ${String(value)}`)
    }
  }

  return {
    steps: [
      { weight: 120, run: write }, { weight: 200, run: read }, { weight: 150, run: fill }, { weight: 20, run: count }, { weight: 10, run: looks },
      { weight: 2, run: invalidate }, { weight: 0.5, run: sweep },
    ],
    agree() {
      for (const [key, value] of far) {
        const place = placeIn(key)
        if (place === undefined) continue
        const n = found(place, near.get(key))
        life.check('near agrees with native at rest', n === undefined || n === found(place, value), () => `${name}: ${place} is ${n}`)
      }
    },
  }
}
