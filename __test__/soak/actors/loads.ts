// Loads of a cache: one of a key at a time in the whole process, and none that is older than what the caller knew of its source.
import { SharedCache, type FetchOptions } from 'shardmap'
import { setTimeout as wait } from 'node:timers/promises'
import { Violation, type Actor, type Life } from '../life.js'
import { make, numberIn } from '../parts.js'
import { EXCLUSIVE, LIVES, SOURCES } from '../shared.js'
import { tinylfu } from './caches.js'

const LANES = 24
const HANG_MS = 250
const PLACE = 40_000
/** Numbers of the loads of one life; a token, never 0, is made of both. */
const LOADS = 2 ** 18

class Down extends Error {}

export function loads(life: Life): Actor {
  const open = (): SharedCache<string, unknown> => SharedCache.open(tinylfu.name, { near: 512 })
  const cache = open()
  /** Of each source: the number that it has, and the one that everybody was told of. */
  const sources = new Int32Array(life.shared.sources)
  const loading = new Int32Array(life.shared.loading)
  let going = 0
  let loaded = 0

  const keyOf = (i: number): string => `source ${i}`

  function change(): void {
    const i = life.below(SOURCES)
    const number = Atomics.add(sources, 2 * i, 1) + 1
    const way = life.below(4)
    if (way === 0) cache.invalidateTag(`source ${i % 8}`)
    else cache.delete(keyOf(i))
    if (way === 1) {
      // A write is newer than any load that is under way.
      cache.set(keyOf(i), make(PLACE + i, number), { tags: [`source ${i % 8}`] })
    }
    for (let told = Atomics.load(sources, 2 * i + 1); told < number; ) {
      const found = Atomics.compareExchange(sources, 2 * i + 1, told, number)
      if (found === told) break
      told = found
    }
  }

  /** A load of the key that says so for as long as it counts. */
  async function load(i: number, dice: number, signal: AbortSignal, mine: (token: number) => void): Promise<unknown> {
    const number = Atomics.load(sources, 2 * i)
    const token = (life.id % LIVES) * LOADS + 1 + (loaded++ % (LOADS - 1))
    mine(token)
    if (i < EXCLUSIVE) {
      const other = Atomics.exchange(loading, i, token)
      life.check('one load per key', other === 0 || life.isDying(Math.floor(other / LOADS)), () => `${keyOf(i)} is loaded by ${other} and ${token} at one time`)
    }
    try {
      if (dice < 0.08) throw new Down('the source is down', { cause: 'a broken pipe' })
      if (dice < 0.12) return () => 'not to be stored'
      if (dice > 0.94) await hang(signal)
      else if (dice > 0.5) await wait(life.below(5))
      return make(PLACE + i, number)
    } finally {
      Atomics.compareExchange(loading, i, token, 0)
    }
  }

  /** For a while, or until nobody wants it any more. */
  async function hang(signal: AbortSignal): Promise<void> {
    life.fault('load hung')
    await wait(HANG_MS, undefined, { signal }).catch(() => {})
    throw new Down('it hung')
  }

  async function fetch(): Promise<void> {
    if (going >= LANES) return
    going++
    try {
      await fetchOne(life.below(SOURCES))
    } finally {
      going--
    }
  }

  async function fetchOne(i: number): Promise<void> {
    const dice = life.random()
    const stop = new AbortController()
    const leaves = dice > 0.3 && dice < 0.34 && i >= EXCLUSIVE
    const from = leaves ? open() : cache
    let token = 0
    const options: FetchOptions = {
      tags: [`source ${i % 8}`],
      signal: stop.signal,
      ...(life.chance(0.5) ? { ttl: 1 + life.below(800) } : {}),
      ...(life.chance(0.4) ? { staleWhileRevalidate: 300 } : {}),
      ...(life.chance(0.1) ? { forceRefresh: true } : {}),
      ...(i >= EXCLUSIVE && life.chance(0.5) ? { timeout: 1 + life.below(6) } : {}),
    }
    const told = Atomics.load(sources, 2 * i + 1)
    const fetched = from.fetch(keyOf(i), (_, context) => load(i, dice, context.signal, given => { token = given }), options)
    if (life.chance(0.08)) {
      // From here on another may load it.
      if (token !== 0) Atomics.compareExchange(loading, i, token, 0)
      stop.abort()
    }
    if (leaves) from.close()
    try {
      const n = numberIn(PLACE + i, await fetched)
      life.check('value whole', n !== undefined, () => `${keyOf(i)} was loaded in parts`)
      life.check('load not older than its source', n! >= told && n! <= Atomics.load(sources, 2 * i), () => `${keyOf(i)} is ${n}, and ${told} was told before`)
    } catch (error) {
      refused(error)
    }
  }

  function refused(error: any): void {
    if (error instanceof Violation) throw error
    if (error?.message === 'the source is down') {
      life.fault('load failed')
      life.check('error is of its code', error.cause === 'a broken pipe' && error.name === 'Error', () => `a loader's error came as ${String(error.stack)}`)
    } else if (error?.name === 'AbortError') life.fault('load aborted')
    else if (error?.code === 'ERR_SHARDMAP_TIMEOUT') life.fault('load timed out')
    else if (error?.code === 'ERR_SHARDMAP_CLOSED') life.fault('load left by its handle')
    else if (error?.code === 'ERR_SHARDMAP_VALUE') life.fault('value refused')
    else if (error?.message !== 'it hung') throw error
  }

  /** A loader that asks for its own key would wait for ever. */
  async function ownKey(): Promise<void> {
    const key = `own ${life.id}`
    const code = await life.rejected(['ERR_SHARDMAP_LOCKED'], () => cache.fetch(key, () => cache.fetch(key, () => 1, { timeout: 20_000 })))
    life.check('error is of its code', code === 'ERR_SHARDMAP_LOCKED', () => 'a loader that fetches its own key was not refused')
  }

  return { steps: [{ weight: 60, run: fetch }, { weight: 6, run: change }, { weight: 0.3, run: ownKey }] }
}
